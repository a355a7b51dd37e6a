// Contract, tab Documents: its papers, made here or received, and what a version changed, coloured by must, should and can.
(() => {
	const API = "b2b_contracts.contract_documents_api";
	const { esc } = b2b_contracts.credit;
	const CONTEXT = "Contract Document";
	const KIND_COLOUR = {
		Draft: "blue",
		"Locked PDF": "gray",
		Redline: "orange",
		"Counterparty Paper": "orange",
		Signed: "green",
		Notice: "red",
	};
	const RANK_COLOUR = { Must: "red", Should: "orange", Can: "blue" };
	const MARK = { Kept: (text) => text, Removed: (text) => `<del>${text}</del>`, Inserted: (text) => `<ins>${text}</ins>` };

	frappe.ui.form.on("B2B Contract", {
		refresh: show,
	});

	async function show(frm) {
		const place = frm.get_field("documents_html")?.$wrapper;
		if (!place) return;
		if (frm.is_new()) return place.html(`<p class="text-muted">${__("Save the contract first.")}</p>`);
		const { name } = frm.doc;
		const found = await frappe.xcall(`${API}.contract_documents`, { contract: name });
		if (frm.doc.name !== name) return;
		place.html(`<div class="b2b-papers">${buttons_html(found)}${table_html(found.documents)}</div>`);
		place.find("[data-do]").on("click", (event) => act(frm, event.currentTarget.dataset));
	}

	function buttons_html({ may_file, may_make }) {
		const offered = [];
		if (may_make) offered.push(["word", __("Make Word file")], ["pdf", __("Make locked PDF")]);
		if (may_file)
			offered.push(
				["Redline", __("Upload redline")],
				["Counterparty Paper", __("Upload counterparty's paper")],
				["Other", __("File another document")]
			);
		return `<div class="b2b-papers__buttons">${offered
			.map(([what, label]) => `<button class="btn btn-default btn-sm" data-do="${esc(what)}">${esc(label)}</button>`)
			.join("")}</div>`;
	}

	function table_html(rows) {
		if (!rows.length)
			return `<p class="text-muted">${__("Nothing is filed with this contract yet.")}</p>`;
		const heads = [__("Version"), __("Document"), __("Language"), __("Filed"), ""];
		return `<table class="table b2b-papers__table"><thead><tr>${heads.map((head) => `<th>${esc(head)}</th>`).join("")}</tr></thead>
			<tbody>${rows.map((row) => row_html(row, rows)).join("")}</tbody></table>`;
	}

	function row_html(row, rows) {
		const same_language = (other) => !other.language || !row.language || other.language === row.language;
		const earlier = rows.some(
			(other) => other.has_clauses && other.version_number && other.version_number < row.version_number && same_language(other)
		);
		const compare = row.has_clauses && earlier;
		return `<tr>
			<td class="b2b-papers__version">${row.version_number || ""}</td>
			<td><span class="indicator-pill ${KIND_COLOUR[row.kind] || "gray"}">${esc(__(row.kind, null, CONTEXT))}</span>
				<a href="/app/contract-document/${encodeURIComponent(row.name)}">${esc(row.title)}</a>
				<div class="small text-muted" title="SHA-256: ${esc(row.file_hash)}">${esc(row.file_name)}</div></td>
			<td>${esc(row.language || "")}</td>
			<td class="small">${esc(frappe.datetime.str_to_user(row.made_on))}<br><span class="text-muted">${esc(frappe.user.full_name(row.made_by))}</span></td>
			<td class="text-right">
				${compare ? `<button class="btn btn-default btn-xs" data-do="compare" data-name="${esc(row.name)}">${esc(__("What changed"))}</button>` : ""}
				<a class="btn btn-default btn-xs" href="${esc(encodeURI(row.file))}" target="_blank">${esc(__("Open file"))}</a></td>
		</tr>`;
	}

	function act(frm, { do: what, name }) {
		if (what === "compare") return compare(frm, name);
		if (frm.is_dirty()) return frappe.msgprint(__("Save the contract first."));
		if (what === "word" || what === "pdf") return make(frm, what);
		return upload(frm, what);
	}

	function make(frm, what) {
		const dialog = new frappe.ui.Dialog({
			title: what === "word" ? __("Make Word file") : __("Make locked PDF"),
			fields: [
				{
					fieldname: "language",
					fieldtype: "Link",
					options: "Language",
					label: __("Language"),
					default: frm.doc.text_language,
					reqd: 1,
					description: __("Clauses that are not there in this language stand in the contract's own."),
				},
			],
			primary_action_label: __("Make it"),
			async primary_action({ language }) {
				dialog.disable_primary_action();
				try {
					const made = await frappe.xcall(`${API}.make_${what}`, { contract: frm.doc.name, language });
					dialog.hide();
					frappe.show_alert({ message: __("Version {0} is filed.", [made.version_number]), indicator: "green" });
					await frm.reload_doc();
				} finally {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
	}

	const HELP = {
		Redline: () => __("The Word file that came back, with tracked changes or without. It is compared clause by clause with the version before."),
		"Counterparty Paper": () => __("The counterparty's own contract, as Word or PDF. What it agrees is entered in the same fields as of our own."),
		Other: () => __("A letter, minutes, a price list: whatever belongs to this contract and must not get lost."),
	};

	function upload(frm, kind) {
		const kinds = kind === "Other" ? ["Correspondence", "Other"] : [kind];
		const dialog = new frappe.ui.Dialog({
			title: { Redline: __("Upload redline"), "Counterparty Paper": __("Upload counterparty's paper") }[kind] || __("File another document"),
			fields: [
				{ fieldname: "help", fieldtype: "HTML", options: `<p class="text-muted">${esc(HELP[kind]())}</p>` },
				{
					fieldname: "kind",
					fieldtype: "Select",
					label: __("Kind"),
					options: kinds.map((value) => ({ value, label: __(value, null, CONTEXT) })),
					default: kinds[0],
					hidden: kinds.length < 2,
					reqd: 1,
				},
				{ fieldname: "file_url", fieldtype: "Attach", label: __("File"), reqd: 1, options: { make_attachments_public: 0 } },
				{ fieldname: "title", fieldtype: "Data", label: __("Title") },
			],
			primary_action_label: __("File it"),
			async primary_action(values) {
				dialog.disable_primary_action();
				try {
					const { kind, file_url, title } = values;
					const filed = await frappe.xcall(`${API}.receive_document`, { contract: frm.doc.name, kind, file_url, title });
					dialog.hide();
					await frm.reload_doc();
					if (kind === "Redline") await compare(frm, filed.name);
				} finally {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
	}

	// ---------------------------------------------------------------- what changed
	async function compare(frm, name) {
		const found = await frappe.xcall(`${API}.compare_documents`, { document: name });
		const differing = found.changes.filter((change) => change.kind !== "Same");
		const takes = !found.why_not && differing.some((change) => !change.is_taken);
		const dialog = new frappe.ui.Dialog({
			title: __("Version {0} against version {1}", [found.after.version_number, found.before.version_number]),
			size: "extra-large",
			fields: [
				{ fieldname: "changes", fieldtype: "HTML" },
				...(takes ? take_fields(found) : []),
			],
			...(takes && {
				primary_action_label: __("Take over as deviations"),
				primary_action: (values) => take_over(frm, dialog, found, values),
			}),
		});
		dialog.fields_dict.changes.$wrapper.html(comparison_html(found, differing, takes));
		dialog.$wrapper.find("[data-show-same]").on("change", (event) => {
			dialog.$wrapper.find(".b2b-change--same").toggle(event.currentTarget.checked);
		});
		dialog.show();
	}

	function take_fields(found) {
		return [
			{ fieldtype: "Section Break", label: __("Take over into the draft") },
			{
				fieldname: "choice",
				fieldtype: "Select",
				label: __("Whose wording"),
				options: [
					{ value: "Counterparty", label: __("The counterparty's") },
					{ value: "Tailored", label: __("Ours, tailored to this contract") },
				],
				default: "Counterparty",
				reqd: 1,
			},
			{ fieldtype: "Column Break" },
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Why we agree to it"), reqd: 1 },
		];
	}

	async function take_over(frm, dialog, found, { choice, reason }) {
		const changes = dialog.$wrapper
			.find("[data-take]:checked")
			.map((_index, box) => Number(box.dataset.take))
			.get();
		if (!changes.length) return frappe.msgprint(__("Tick the changes that are to be taken over."));
		dialog.disable_primary_action();
		try {
			await frappe.xcall(`${API}.take_over_changes`, { document: found.after.name, changes, choice, reason });
			dialog.hide();
			frappe.show_alert({ message: __("Taken over into the draft: {0}", [changes.length]), indicator: "green" });
			await frm.reload_doc();
		} finally {
			dialog.enable_primary_action();
		}
	}

	function comparison_html(found, differing, takes) {
		const legend = Object.entries(RANK_COLOUR)
			.map(([rank, colour]) => `<span class="indicator-pill ${colour}">${esc(__(rank))}</span>`)
			.join(" ");
		const head = differing.length
			? __("{0} of {1} clauses differ.", [differing.length, found.changes.length])
			: __("Nothing differs.");
		const why_not = found.is_received && found.why_not ? `<p class="text-muted">${esc(found.why_not)}</p>` : "";
		return `<div class="b2b-changes">${why_not}
			<p>${esc(head)} ${legend} <ins>${esc(__("new text"))}</ins> <del>${esc(__("text taken out"))}</del>
				<label class="b2b-changes__same"><input type="checkbox" data-show-same> ${esc(__("Show what is the same too"))}</label></p>
			${found.changes.map((change) => change_html(change, takes)).join("")}</div>`;
	}

	function change_html(change, takes) {
		const same = change.kind === "Same";
		const colour = same ? "gray" : RANK_COLOUR[change.rank] || "gray";
		const number = change.number_after || change.number_before;
		const said = [change.rank ? __(change.rank) : __("Not in our library"), __(change.kind, null, "Text comparison"), change.is_moved && change.kind !== "Moved" && __("Moved", null, "Text comparison")];
		const box =
			takes && !same && !change.is_taken
				? `<input type="checkbox" data-take="${change.index}" aria-label="${esc(__("Take over"))}">`
				: "";
		const taken = change.is_taken ? `<span class="indicator-pill green">${esc(__("In the draft"))}</span>` : "";
		return `<div class="b2b-change b2b-change--${colour}${same ? " b2b-change--same" : ""}" ${same ? 'style="display: none"' : ""}>
			<label class="b2b-change__head">${box}<b>${esc(number)}${number ? ". " : ""}${marked(change.heading)}</b>
				<span class="indicator-pill ${colour}">${esc(said.filter(Boolean).join(" · "))}</span>${taken}</label>
			<div class="b2b-change__text">${marked(change.parts)}</div></div>`;
	}

	function marked(parts) {
		return parts.map(([kind, text]) => MARK[kind](esc(text).replace(/\n/g, "<br>"))).join("");
	}
})();
