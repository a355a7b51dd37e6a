// Contract: amended, how it stands on a day, reviewed by function, and terms that credit agrees to. The server decides who may.
(() => {
	const API = "b2b_contracts.contract_amendments_api";
	const esc = (value) => frappe.utils.escape_html(cstr(value ?? ""));
	const day = (value) => frappe.datetime.str_to_user(value);
	const word = (value) => __(value, null, "Contract Review");
	const COLOUR = { Added: "blue", Removed: "red", Changed: "orange" };
	const RANK_COLOUR = { Must: "red", Should: "orange", Can: "blue" };
	const MARK = { Kept: (text) => text, Removed: (text) => `<del>${text}</del>`, Inserted: (text) => `<ins>${text}</ins>` };
	const kind_name = (kind) => ({ Added: __("New"), Removed: __("Left out"), Changed: __("Changed") })[kind] || __(kind);

	frappe.ui.form.on("B2B Contract", {
		refresh(frm) {
			frm.fields_dict.amendment_changes.$wrapper.empty();
			if (frm.is_new()) return;
			if (frm.doc.parent_contract) show_changes(frm);
			if (frm.doc.docstatus === 1) {
				frm.add_custom_button(__("State on a day"), () => show_state(frm), __("View"));
				if (frappe.model.can_create("B2B Contract") && !frm.doc.replaced_by)
					frm.add_custom_button(__("Amend"), () => amend(frm));
				if (frm.doc.replaced_by) say_what_replaces(frm);
			}
			show_questions(frm);
		},
	});

	// ------------------------------------------------------------------ amended
	function amend(frm) {
		const fields = [
			{
				fieldname: "effective_from",
				fieldtype: "Date",
				label: __("Takes effect on"),
				default: frappe.datetime.get_today(),
				description: __("From this day on the amendment takes the place of what it amends. A day in the past holds from that day on."),
				reqd: 1,
			},
			{ fieldname: "need", fieldtype: "Small Text", label: __("Why it is amended") },
		];
		if (frm.doc.terminated_on)
			fields.push({
				fieldname: "withdraws_notice",
				fieldtype: "Check",
				label: __("Notice is withdrawn"),
				description: __("The contract goes on although notice was given of it. Otherwise the notice also ends the amendment."),
			});
		frappe.prompt(
			fields,
			async (values) => {
				const { name } = await frappe.xcall(`${API}.amend_contract`, { contract: frm.doc.name, ...values });
				frappe.set_route("Form", "B2B Contract", name);
			},
			__("Amend contract {0}", [frm.doc.title]),
			__("Enter amendment")
		);
	}

	function say_what_replaces(frm) {
		const { replaced_by, in_force_until } = frm.doc;
		const link = `<a href="/app/b2b-contract/${encodeURIComponent(replaced_by)}">${esc(replaced_by)}</a>`;
		const said = in_force_until
			? __("In force until {0}; then {1} takes its place.", [day(in_force_until), link])
			: __("Never in force: {0} takes its place from the first day on.", [link]);
		frm.layout.show_message(said, "blue", true);
	}

	async function show_changes(frm) {
		const { name, modified } = frm.doc;
		const found = await frappe.xcall(`${API}.contract_changes`, { contract: name });
		if (frm.doc.name !== name || frm.doc.modified !== modified) return;
		const { $wrapper } = frm.fields_dict.amendment_changes;
		$wrapper.html(changes_html(found));
		if (!found.other_base) return;
		const button = $(`<button class="btn btn-default btn-xs">${esc(__("Base it on {0}", [found.other_base]))}</button>`);
		button.on("click", async () => {
			const { conflicts } = await frappe.xcall(`${API}.take_over_base`, { contract: name });
			if (conflicts.length)
				frappe.msgprint({
					title: __("Both changed"),
					message: __("These were changed in both, and are as this amendment has them: {0}. Look at them.", [esc(conflicts.join(", "))]),
					indicator: "orange",
				});
			frm.reload_doc();
		});
		const writes = ["Request", "Draft"].includes(frm.doc.status) && frm.perm[0]?.write;
		$wrapper.find(".b2b-amendment__base").append(writes ? button : "");
	}

	function changes_html(found) {
		const link = `<a href="/app/b2b-contract/${encodeURIComponent(found.base)}">${esc(found.base_title)} (${esc(found.base)})</a>`;
		const head = found.effective_from
			? __("From {0} on, beside {1}:", [day(found.effective_from), link])
			: __("Beside {0}:", [link]);
		const other = found.other_base
			? `<p class="b2b-amendment__base text-warning">${__("{0} was signed since and takes effect before this amendment.", [esc(found.other_base)])} </p>`
			: "";
		const nothing = !found.values.length && !found.rows.length && !found.text.length;
		const legend = `<ins>${esc(__("new"))}</ins> <del>${esc(__("before"))}</del>`;
		return `<div class="b2b-changes b2b-amendment">${other}<p>${head} ${nothing ? esc(__("nothing changes so far.")) : legend}</p>
			${values_html(found.values)}${found.rows.map(row_html).join("")}${found.text.map(section_html).join("")}</div>`;
	}

	function values_html(values) {
		if (!values.length) return "";
		const rows = values.map((row) => `<tr><th scope="row">${esc(row.label)}</th><td>${both(row)}</td></tr>`).join("");
		return `<table class="table table-bordered b2b-amendment__values"><tbody>${rows}</tbody></table>`;
	}

	function both({ before, after }) {
		const former = before ? `<del>${esc(before)}</del>` : "";
		const now = after ? `<ins>${esc(after)}</ins>` : "";
		return [former, now].filter(Boolean).join(" → ") || "–";
	}

	function row_html(row) {
		const values = row.changes.length
			? row.changes.map((change) => `${esc(change.label)}: ${both(change)}`)
			: row.values.map(({ label, value }) => `${esc(label)}: ${esc(value)}`);
		return `<div class="b2b-change b2b-change--${COLOUR[row.kind]}">
			<div class="b2b-change__head"><b>${esc(row.table)}: ${esc(row.about)}</b>
			<span class="indicator-pill no-indicator-dot ${COLOUR[row.kind]}">${esc(kind_name(row.kind))}</span></div>
			<div class="b2b-change__text">${values.join("<br>")}</div></div>`;
	}

	function section_html(section) {
		const colour = RANK_COLOUR[section.rank] || "gray";
		const rank = section.rank ? `<span class="indicator-pill no-indicator-dot ${colour}">${esc(__(section.rank, null, "Contract Clause"))}</span>` : "";
		const text = section.parts.map((part) => MARK[part.kind](esc(part.text).replace(/\n/g, "<br>"))).join("");
		return `<div class="b2b-change b2b-change--${colour}">
			<div class="b2b-change__head"><b>${esc(__("Text"))}: ${esc(section.heading)}</b> ${rank}</div>
			<div class="b2b-change__text">${text}</div></div>`;
	}

	// ------------------------------------------------------------------ as of any day
	function show_state(frm) {
		const dialog = new frappe.ui.Dialog({
			title: __("State on a day: {0}", [frm.doc.title]),
			size: "large",
			fields: [
				{ fieldname: "on", fieldtype: "Date", label: __("Day"), default: frappe.datetime.get_today(), reqd: 1, onchange: load },
				{ fieldname: "state", fieldtype: "HTML" },
			],
		});
		async function load() {
			const on = dialog.get_value("on");
			if (!on) return;
			const found = await frappe.xcall(`${API}.contract_state`, { contract: frm.doc.name, on });
			if (dialog.get_value("on") === on) dialog.fields_dict.state.$wrapper.html(state_html(found));
		}
		dialog.show();
		load();
	}

	function state_html(found) {
		const chain = found.chain
			.map((row) => {
				const span = row.until ? __("{0} until {1}", [day(row.from), day(row.until)]) : __("from {0} on", [day(row.from)]);
				const title = `<a href="/app/b2b-contract/${encodeURIComponent(row.contract)}">${esc(row.title)}</a>`;
				return `<li>${row.contract === found.contract ? `<b>${title}</b>` : title}: ${span}</li>`;
			})
			.join("");
		const values = found.values.map((row) => `<tr><th scope="row">${esc(row.label)}</th><td>${esc(row.value)}</td></tr>`).join("");
		const tables = found.tables
			.map((table) => {
				const rows = table.rows
					.map((row) => `<tr><th scope="row">${esc(row.about)}</th><td>${row.values.map(({ label, value }) => `${esc(label)}: ${esc(value)}`).join("<br>")}</td></tr>`)
					.join("");
				return `<h5>${esc(table.label)}</h5><table class="table table-bordered">${rows}</table>`;
			})
			.join("");
		return `<div class="b2b-amendment__state"><p><b>${esc(found.text)}</b></p><ul>${chain}</ul>
			${values ? `<table class="table table-bordered">${values}</table>` : ""}${tables}</div>`;
	}

	// ------------------------------------------------------------------ reviewed, agreed to
	async function show_questions(frm) {
		const { name, modified, status } = frm.doc;
		if (["Request", "Draft", "Rejected", "Terminated", "Expired"].includes(status)) return;
		const { reviews, terms } = await frappe.xcall(`${API}.contract_questions`, { contract: name });
		if (frm.doc.name !== name || frm.doc.modified !== modified) return;
		for (const row of reviews) {
			const label = __("Review for {0}", [word(row.review_function)]);
			const button = frm.add_custom_button(label, () => answer(frm, row, label));
			if (!row.outcome) button.addClass("btn-primary");
		}
		if (!terms) return;
		// Who may not is told whom to ask, and is offered no button.
		const said = terms.why_not
			? frappe.utils.html2text(terms.why_not)
			: __("Credit agrees to that as {0} or higher, before the contract is approved and wins over the segment.", [__(terms.role)]);
		frm.layout.show_message(`<div>${esc(terms.text)} ${esc(said)}</div>`, "orange", true);
		if (terms.why_not) return;
		const label = __("Agree to payment terms");
		frm.add_custom_button(label, () => agree(frm, terms, label)).addClass("btn-primary");
	}

	function answer(frm, row, label) {
		const outcomes = ["Agreed", "Agreed with Remarks", "Changes Wanted"];
		const dialog = new frappe.ui.Dialog({
			title: label,
			fields: [
				{
					fieldname: "outcome",
					fieldtype: "Select",
					label: __("Outcome"),
					options: outcomes.map((value) => ({ value, label: word(value) })),
					default: row.outcome || outcomes[0],
					reqd: 1,
				},
				{
					fieldname: "remark",
					fieldtype: "Small Text",
					label: __("Remark"),
					mandatory_depends_on: `eval:doc.outcome !== "${outcomes[0]}"`,
				},
			],
			primary_action_label: __("Answer"),
			async primary_action(values) {
				await frappe.xcall(`${API}.answer_review`, { contract: frm.doc.name, row: row.row, ...values });
				dialog.hide();
				frm.reload_doc();
			},
			secondary_action_label: __("Give to somebody else"),
			secondary_action() {
				dialog.hide();
				give(frm, row);
			},
		});
		dialog.show();
	}

	function give(frm, row) {
		frappe.prompt(
			{
				fieldname: "reviewer",
				fieldtype: "Link",
				options: "User",
				label: __("Reviewer"),
				reqd: 1,
				get_query: () => ({ filters: { enabled: 1, user_type: "System User" } }),
			},
			async (values) => {
				await frappe.xcall(`${API}.give_review`, { contract: frm.doc.name, row: row.row, ...values });
				frm.reload_doc();
			},
			__("Give to somebody else"),
			__("Give")
		);
	}

	function agree(frm, terms, label) {
		frappe.prompt(
			[
				{ fieldname: "says", fieldtype: "HTML", options: `<p>${esc(terms.text)}</p>` },
				{ fieldname: "remark", fieldtype: "Small Text", label: __("Remark") },
			],
			async ({ remark }) => {
				await frappe.xcall(`${API}.agree_to_terms`, { contract: frm.doc.name, ...(remark ? { remark } : {}) });
				frm.reload_doc();
			},
			label,
			__("Agree")
		);
	}
})();
