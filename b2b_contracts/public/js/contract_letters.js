// Contract: its letters with the proof that they left, who got a signed copy, and what was written to and by the customer.
(() => {
	const API = "b2b_contracts.contract_letters_api";
	const credit = b2b_contracts.credit;
	const GROUP = () => __("Letters");
	const METHODS = ["Registered Letter", "Courier", "Letter", "Handed Over", "E-mail"];
	const NUMBERED = ["Registered Letter", "Courier"];
	const COPY_COLOUR = { Planned: "blue", Queued: "blue", Sent: "green", Failed: "red", "No Address": "red" };
	const day = (value) => frappe.datetime.str_to_user(value);
	const word = (value) => __(value, null, "Contract Letter");

	frappe.ui.form.on("B2B Contract", {
		setup(frm) {
			frm.set_query("user", "copy_recipients", () => ({ filters: { enabled: 1, user_type: "System User" } }));
		},
		async refresh(frm) {
			if (frm.is_new()) return;
			const { name, modified } = frm.doc;
			const found = await frappe.xcall(`${API}.letters_of_contract`, { contract: name });
			if (frm.doc.name !== name || frm.doc.modified !== modified) return;
			frm.b2b_letters = found;
			say_what_is_missing(frm, found);
			add_buttons(frm, found);
		},
	});

	function say_what_is_missing(frm, { letters, copies, may_write }) {
		credit.say_on_form(frm, "b2b-letters", "");
		credit.say_on_form(frm, "b2b-copies", "");
		const missing = letters.filter((row) => row.is_missing);
		const lines = missing.map((row) => {
			const text = __("{0}, dated {1}: nothing shows yet that it left.", [row.title, day(row.letter_date)]);
			const record = may_write ? ` · <a class="b2b-dispatch" style="text-decoration:underline" data-letter="${credit.esc(row.name)}">${__("Record how it left")}</a>` : "";
			return `${credit.esc(text)} ${open_link(row)}${record}`;
		});
		if (lines.length) credit.say_on_form(frm, "b2b-letters", lines.join("<br>"), "red");
		frm.layout.message.find("a.b2b-dispatch").on("click", function () {
			ask_dispatch(frm, missing.find((row) => row.name === this.dataset.letter));
		});
		const nobody = copies.filter((row) => row.is_missing).map((row) => row.recipient_name);
		if (nobody.length) {
			const text = __("No signed copy has reached: {0}. See under Letters, Signed copies.", [nobody.join(", ")]);
			credit.say_on_form(frm, "b2b-copies", credit.esc(text), "red");
		}
	}

	function open_link(row) {
		return row.file ? `<a style="text-decoration:underline" href="${credit.esc(row.file)}" target="_blank">${__("Open the letter")}</a>` : "";
	}

	function add_buttons(frm, { letters, copies, may_write, addresses }) {
		for (const row of letters) frm.add_custom_button(credit.esc(word(row.kind)), () => show(frm, row), GROUP());
		if (may_write) {
			frm.add_custom_button(__("Write to the customer"), () => write(frm, addresses), GROUP());
			frm.add_custom_button(__("File a letter"), () => file_letter(frm), GROUP());
		}
		frm.add_custom_button(__("Correspondence"), () => show_correspondence(frm), GROUP());
		if (frm.doc.signed_on || copies.length)
			frm.add_custom_button(__("Signed copies"), () => show_copies(frm), GROUP());
	}

	// ------------------------------------------------------------------ one letter
	async function show_letter(frm, name) {
		const found = await frappe.xcall(`${API}.letters_of_contract`, { contract: frm.doc.name });
		const row = found.letters.find((letter) => letter.name === name);
		if (row) show(frm, row);
	}

	// What a notice would say, before it is given.
	async function show_preview(contract, { kind, given_on, ends_on, cause }) {
		const page = await frappe.xcall(`${API}.preview_notice`, { contract, kind, given_on, ends_on, cause });
		const dialog = new frappe.ui.Dialog({
			title: __("The letter that is written"),
			size: "large",
			fields: [{ fieldname: "letter", fieldtype: "HTML" }],
			primary_action_label: __("Close"),
			primary_action: () => dialog.hide(),
		});
		const frame = $(`<iframe class="b2b-letter-page" sandbox title="${__("The letter that is written")}"></iframe>`)
			.attr("srcdoc", `<div style="background:#fff;padding:12mm 16mm">${page}</div>`)
			.css({ width: "100%", height: "70vh", border: "1px solid var(--border-color)", background: "#fff" });
		dialog.fields_dict.letter.$wrapper.empty().append(frame);
		dialog.show();
	}

	function show(frm, row) {
		const dialog = new frappe.ui.Dialog({
			title: row.title,
			size: "extra-large",
			fields: [{ fieldname: "letter", fieldtype: "HTML" }],
			primary_action_label: row.is_missing ? __("Record how it left") : __("Close"),
			primary_action() {
				dialog.hide();
				if (row.is_missing) ask_dispatch(frm, row);
			},
		});
		const state = row.is_missing
			? credit.pill(__("Nothing shows yet that it left"), "red")
			: credit.pill(__("Left: {0}", [row.dispatch]), "green");
		const proof = row.proof ? ` <a href="${credit.esc(row.proof)}" target="_blank">${__("Proof")}</a>` : "";
		const page = row.file
			? `<iframe class="b2b-letter-page" title="${credit.esc(row.title)}" src="${credit.esc(row.file)}" style="width:100%;height:65vh;border:1px solid var(--border-color)"></iframe>`
			: `<p class="text-danger">${__("The letter could not be made as a PDF.")}</p>`;
		dialog.fields_dict.letter.$wrapper.html(`<p>${state} ${open_link(row)}${proof}</p>${page}`);
		if (!row.file && row.is_missing) {
			dialog.set_secondary_action(async () => {
				await credit.act(`${API}.print_letter`, { letter: row.name });
				dialog.hide();
				frm.reload_doc();
			});
			dialog.set_secondary_action_label(__("Make it again"));
		}
		dialog.show();
	}

	function ask_dispatch(frm, row) {
		const title = `<b>${credit.esc(row.title)}</b>`;
		const says = __("This is the proof that {0} left. Once it is recorded it cannot be changed.", [title]);
		const numbered = `eval:${JSON.stringify(NUMBERED)}.includes(doc.method)`;
		const dialog = new frappe.ui.Dialog({
			title: __("How the letter left"),
			fields: [
				{
					fieldname: "says",
					fieldtype: "HTML",
					options: `<p class="text-muted">${says}</p>`,
				},
				{
					fieldname: "method",
					fieldtype: "Select",
					label: __("Sent by"),
					options: METHODS.map((value) => ({ value, label: word(value) })),
					default: METHODS[0],
					reqd: 1,
				},
				{
					fieldname: "dispatched_on",
					fieldtype: "Date",
					label: __("Left on"),
					default: frappe.datetime.get_today(),
					reqd: 1,
				},
				{ fieldname: "column", fieldtype: "Column Break" },
				{
					fieldname: "dispatched_by",
					fieldtype: "Data",
					label: __("Taken there by"),
					default: frappe.session.user_fullname,
					reqd: 1,
				},
				{ fieldname: "tracking_number", fieldtype: "Data", label: __("Tracking number"), depends_on: numbered },
				{
					fieldname: "proof",
					fieldtype: "Attach",
					label: __("Proof"),
					description: __("The receipt, the certificate of posting, or the signed copy. A mail that was sent from here with the letter proves itself."),
					mandatory_depends_on: `eval:!${JSON.stringify([...NUMBERED, "E-mail"])}.includes(doc.method)`,
				},
			],
			primary_action_label: __("Record"),
			async primary_action({ says, column, ...values }) {
				await credit.act(`${API}.record_dispatch`, { letter: row.name, ...values });
				dialog.hide();
				frm.reload_doc();
			},
		});
		dialog.show();
	}

	// ------------------------------------------------------------------ letters and mails
	async function write(frm, addresses) {
		const filed = await frappe.db.get_list("Contract Document", {
			filters: { contract: frm.doc.name },
			fields: ["name", "title", "kind"],
			order_by: "creation desc",
			limit: 20,
		});
		const options = filed.map((row) => ({
			label: credit.esc(`${__(row.kind, null, "Contract Document")}: ${row.title}`),
			value: row.name,
		}));
		const dialog = new frappe.ui.Dialog({
			title: __("Write to the customer"),
			size: "large",
			fields: [
				{ fieldname: "recipients", fieldtype: "Data", label: __("To"), default: addresses.join(", "), reqd: 1 },
				{
					fieldname: "subject",
					fieldtype: "Data",
					label: __("Subject"),
					default: `${frm.doc.title} (${frm.doc.name})`,
					description: __("With the number in it, an answer is filed here even if it is no reply."),
					reqd: 1,
				},
				{ fieldname: "message", fieldtype: "Text Editor", label: __("Text"), reqd: 1 },
				{
					fieldname: "documents",
					fieldtype: "MultiCheck",
					label: __("Documents of the contract"),
					options,
					hidden: options.length ? 0 : 1,
				},
				{ fieldname: "file", fieldtype: "Attach", label: __("Another file") },
			],
			primary_action_label: __("Send"),
			async primary_action(values) {
				await credit.act(`${API}.write_to_customer`, { contract: frm.doc.name, ...values });
				dialog.hide();
				frappe.show_alert({ message: __("Sent and filed"), indicator: "green" });
				frm.reload_doc();
			},
		});
		dialog.show();
	}

	function file_letter(frm) {
		frappe.prompt(
			[
				{
					fieldname: "direction",
					fieldtype: "Select",
					label: __("The letter"),
					options: [
						{ value: "Received", label: __("came in") },
						{ value: "Sent", label: __("went out") },
					],
					default: "Received",
					reqd: 1,
				},
				{ fieldname: "subject", fieldtype: "Data", label: __("What it is about"), reqd: 1 },
				{
					fieldname: "letter_date",
					fieldtype: "Date",
					label: __("Date of the letter"),
					default: frappe.datetime.get_today(),
					reqd: 1,
				},
				{ fieldname: "column", fieldtype: "Column Break" },
				{
					fieldname: "correspondent",
					fieldtype: "Data",
					label: __("From or to"),
					default: frm.doc.customer_name,
				},
				{ fieldname: "file", fieldtype: "Attach", label: __("File"), reqd: 1 },
				{
					fieldname: "note",
					fieldtype: "Small Text",
					label: __("Note"),
					description: __("A scan has no text: a few words here let it be found."),
				},
			],
			async ({ column, ...values }) => {
				await credit.act(`${API}.file_letter`, { contract: frm.doc.name, ...values });
				frappe.show_alert({ message: __("Filed"), indicator: "green" });
				frm.reload_doc();
			},
			__("File a letter"),
			__("File")
		);
	}

	function show_correspondence(frm) {
		let shown = 0;
		const dialog = new frappe.ui.Dialog({
			title: __("Correspondence about {0}", [frm.doc.title]),
			size: "extra-large",
			fields: [
				{
					fieldname: "search",
					fieldtype: "Data",
					label: __("Words to look for"),
					description: __("In subjects, texts, names and addresses, and in the text of filed letters."),
				},
				{ fieldname: "list", fieldtype: "HTML" },
			],
		});
		const place = dialog.fields_dict.list.$wrapper;
		const load = async (start) => {
			const search = dialog.get_value("search") || "";
			const asked = ++shown;
			const found = await frappe.xcall(`${API}.correspondence_of`, { contract: frm.doc.name, search, start });
			if (asked !== shown) return;
			const rows = found.rows.map(entry).join("");
			if (!start) place.html(`<table class="table table-sm b2b-correspondence"><tbody></tbody></table><p></p>`);
			place.find("tbody").append(rows);
			const nothing = search ? __("Nothing was written with these words.") : __("Nothing has been written or filed yet.");
			const more = found.more ? `<a class="b2b-more">${__("Show more")}</a>` : "";
			place.find("> p").html(!start && !rows ? nothing : more);
			place.find("a.b2b-more").on("click", () => load(start + found.rows.length));
		};
		dialog.fields_dict.search.$input.on("input", frappe.utils.debounce(() => load(0), 300));
		dialog.show();
		load(0);
	}

	function entry(row) {
		const came_in = row.direction === "Received";
		const files = row.files.map((file) => `<a href="${credit.esc(file.url)}" target="_blank">${credit.esc(file.name)}</a>`);
		const kind = row.doctype === "Communication" ? __("E-mail") : word(row.kind);
		const link = credit.esc(frappe.utils.get_form_link(row.doctype, row.name));
		const waits = row.status === "To Be Sent" ? ` ${credit.pill(word(row.status), "red")}` : "";
		return `<tr>
			<td style="white-space:nowrap">${credit.esc(day(row.on.slice(0, 10)))}</td>
			<td style="white-space:nowrap">${credit.pill(came_in ? __("came in") : __("went out"), came_in ? "blue" : "gray")}<br>
				<span class="text-muted small">${credit.esc(kind)}</span></td>
			<td><a href="${link}"><b>${credit.esc(row.subject)}</b></a>${waits}<br>
				<span class="text-muted small">${credit.esc(row.snippet)}</span></td>
			<td>${credit.esc(row.from_or_to)}</td>
			<td>${files.join("<br>")}</td>
		</tr>`;
	}

	// ------------------------------------------------------------------ signed copies
	async function show_copies(frm) {
		const { copies, may_write } = await frappe.xcall(`${API}.letters_of_contract`, { contract: frm.doc.name });
		const dialog = new frappe.ui.Dialog({
			title: __("Who got a signed copy"),
			size: "large",
			fields: [{ fieldname: "list", fieldtype: "HTML" }],
		});
		if (may_write) dialog.set_primary_action(__("Send a copy to somebody"), () => send_copy(frm, dialog));
		const place = dialog.fields_dict.list.$wrapper;
		const rows = copies.map((row) => copy_row(row, may_write)).join("");
		const nobody = `<p>${__("Nobody got one: the contract was signed before copies were sent from here.")}</p>`;
		place.html(rows ? `<table class="table table-sm b2b-copies"><tbody>${rows}</tbody></table>` : nobody);
		place.find("a.b2b-again").on("click", function () {
			const { email, name } = this.dataset;
			if (email) return send(frm, dialog, { email, recipient_name: name });
			send_copy(frm, dialog, name);
		});
		dialog.show();
	}

	function copy_row(row, may_write) {
		const state = credit.pill(__(row.status, null, "Contract Copy"), COPY_COLOUR[row.status]);
		const when = row.sent_on ? credit.esc(frappe.datetime.str_to_user(row.sent_on)) : "";
		const whose = row.is_internal ? `<span class="text-muted small">${__("one of us")}</span>` : "";
		const waits = ["Planned", "Queued"].includes(row.status);
		const name = credit.esc(row.recipient_name);
		const label = row.sent_on ? __("Send again") : __("Send");
		const again = may_write && !waits ? `<a class="b2b-again" data-email="${credit.esc(row.email)}" data-name="${name}">${label}</a>` : "";
		return `<tr><td><b>${name}</b> ${whose}<br>${credit.esc(row.email)}</td>
			<td>${state} ${when}<br><span class="text-danger small">${credit.esc(row.reason)}</span></td>
			<td class="text-right">${again}</td></tr>`;
	}

	function send_copy(frm, before, name = "") {
		frappe.prompt(
			[
				{ fieldname: "recipient_name", fieldtype: "Data", label: __("Name"), default: name, reqd: 1 },
				{ fieldname: "email", fieldtype: "Data", options: "Email", label: __("E-mail"), reqd: 1 },
			],
			(values) => send(frm, before, values),
			__("Send a signed copy"),
			__("Send")
		);
	}

	async function send(frm, before, values) {
		await credit.act(`${API}.send_copy`, { contract: frm.doc.name, ...values });
		before.hide();
		frappe.show_alert({ message: __("The copy is on its way to {0}", [values.email]), indicator: "green" });
		frm.reload_doc();
	}

	frappe.provide("b2b_contracts.contracts");
	Object.assign(b2b_contracts.contracts, { show_letter, show_preview });
})();
