// Collection Task: what to say, what was said before, and one click for what came of it.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collection_tasks_api";
	const WITHOUT_TALK = ["Send Letter", "Find Address", "Decide Unclear"];
	const word = (value) => __(value, null, "Collection Task");

	frappe.ui.form.on("Collection Task", {
		setup(frm) {
			frm.set_query("sales_invoice", "items", () => ({
				filters: {
					customer: frm.doc.customer,
					company: frm.doc.company,
					docstatus: 1,
					is_return: 0,
					outstanding_amount: [">", 0],
				},
			}));
		},
		async refresh(frm) {
			frm.set_intro("");
			frm.toggle_enable("items", frm.is_new());
			frm.toggle_display(["section_call", "call_sheet"], !frm.is_new());
			if (frm.is_new()) return;
			say_how_it_stands(frm);
			show_call_sheet(frm);
			if (frm.doc.status !== "Open") return;
			const { name } = frm.doc;
			const may_log = await frappe.xcall(`${API}.may_log`, { task: name });
			if (!may_log || frm.doc.name !== name || frm.doc.status !== "Open") return;
			add_buttons(frm);
		},
	});

	function say_how_it_stands(frm) {
		const { status, outcome, end_reason, reason } = frm.doc;
		if (status === "Cancelled") frm.set_intro(credit.esc(end_reason || ""), "orange");
		else if (status === "Done") frm.set_intro(credit.esc(word(outcome)), "green");
		else if (reason) frm.set_intro(credit.esc(reason), "blue");
	}

	// ---------------------------------------------------------------- one click
	function add_buttons(frm) {
		if (WITHOUT_TALK.includes(frm.doc.kind)) {
			frm.add_custom_button(__("Carried out"), () => ask(frm, "Carried Out")).addClass("btn-primary");
		} else {
			frm.add_custom_button(__("Log contact"), () => ask(frm)).addClass("btn-primary");
			frm.add_custom_button(__("Not reached"), () => log(frm, { outcome: "Not Reached" }));
		}
		if (frappe.perm.has_perm("Collection Task", 0, "write", frm.doc))
			frm.add_custom_button(__("Cancel task"), () => cancel(frm));
	}

	function ask(frm, outcome = "") {
		const is_talk = !WITHOUT_TALK.includes(frm.doc.kind);
		const options = ["Promise", "Dispute", "Payment Plan", "Says It Is Paid", "Refuses", "Not Reached", "Wrong Number", "Carried Out"];
		const when = (...outcomes) => `eval:${JSON.stringify(outcomes)}.includes(doc.outcome)`;
		const invoices = (frm.doc.items || []).map((row) => row.sales_invoice);
		const dialog = new frappe.ui.Dialog({
			title: is_talk ? __("Log contact") : __("Carried out"),
			fields: [
				{
					fieldname: "outcome",
					fieldtype: "Select",
					label: __("Outcome"),
					options: options.map((value) => ({ value, label: word(value) })),
					default: outcome,
					reqd: 1,
					hidden: is_talk ? 0 : 1,
				},
				{ fieldname: "spoken_with", fieldtype: "Data", label: __("Spoken with"), hidden: is_talk ? 0 : 1 },
				{
					fieldname: "promised_date",
					fieldtype: "Date",
					label: __("Promised until"),
					depends_on: when("Promise"),
					mandatory_depends_on: when("Promise"),
				},
				{
					fieldname: "sales_invoice",
					fieldtype: "Select",
					label: __("Invoice"),
					options: ["", ...invoices],
					description: __("Empty = all of them."),
					depends_on: when("Dispute"),
				},
				{
					fieldname: "root_cause",
					fieldtype: "Select",
					label: __("Root cause"),
					options: ["Price", "PO Mismatch", "Delivery", "Quality", "Other"].map((value) => ({
						value,
						label: __(value, null, "Dispute"),
					})),
					default: "Other",
					depends_on: when("Dispute"),
				},
				{
					fieldname: "amount",
					fieldtype: "Currency",
					label: __("Amount"),
					options: frm.doc.currency,
					description: __("Empty = all that is open."),
					depends_on: when("Promise", "Dispute"),
				},
				{
					fieldname: "number_of_instalments",
					fieldtype: "Int",
					label: __("Number of instalments"),
					default: 3,
					depends_on: when("Payment Plan"),
				},
				{
					fieldname: "first_instalment_date",
					fieldtype: "Date",
					label: __("First instalment"),
					default: frappe.datetime.get_today(),
					depends_on: when("Payment Plan"),
				},
				{
					fieldname: "retry_on",
					fieldtype: "Date",
					label: __("Try again on"),
					default: frappe.datetime.add_days(frappe.datetime.get_today(), 1),
					depends_on: when("Not Reached"),
				},
				{
					fieldname: "note",
					fieldtype: "Small Text",
					label: __("Note"),
					mandatory_depends_on: when("Dispute"),
				},
			],
			primary_action_label: __("Save"),
			async primary_action({ outcome, spoken_with, note, retry_on, ...values }) {
				dialog.disable_primary_action();
				try {
					await log(frm, { outcome, spoken_with, note, retry_on, values });
					dialog.hide();
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
		return dialog;
	}

	async function log(frm, args) {
		const call = { method: `${API}.log_contact`, args: { task: frm.doc.name, ...args }, freeze: true };
		const made = (await frappe.call(call)).message;
		if (made.result_name) {
			const link = frappe.utils.get_form_link(made.result_doctype, made.result_name, true);
			frappe.show_alert({ message: __("Made: {0}", [link]), indicator: "green" }, 10);
		}
		await frm.reload_doc();
	}

	function cancel(frm) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			async ({ reason }) => {
				await frappe.xcall(`${API}.cancel_task`, { task: frm.doc.name, reason });
				await frm.reload_doc();
			},
			__("Cancel task"),
			__("Cancel task")
		);
	}

	// ---------------------------------------------------------------- what to say, and what was said
	async function show_call_sheet(frm) {
		const { name, customer, company, items = [] } = frm.doc;
		const sheet = await frappe.xcall(`${API}.call_sheet`, {
			customer,
			company,
			invoices: items.map((row) => row.sales_invoice),
		});
		if (frm.doc.name !== name) return;
		frm.get_field("call_sheet").$wrapper.html(
			[phones_html(sheet.phones), script_html(sheet.script), items_html(sheet.items), history_html(sheet.history)].join("")
		);
	}

	function phones_html(phones) {
		if (!phones.length) return `<p class="text-muted">${__("No contact of the customer is known.")}</p>`;
		const lines = phones.map((row) => {
			const phone = row.phone
				? `<a href="tel:${encodeURIComponent(row.phone)}">${credit.esc(row.phone)}</a>`
				: __("no number");
			return `<span class="b2b-call__phone"><b>${credit.esc(row.name)}</b> ${phone} ${credit.esc(row.email)}</span>`;
		});
		return `<p>${lines.join(" · ")}</p>`;
	}

	const script_html = (script) => `<ol>${script.map((line) => `<li>${credit.esc(line)}</li>`).join("")}</ol>`;

	function items_html(items) {
		if (!items.length) return "";
		const rows = items.map(
			(row) => `<tr>
				<td>${credit.esc(row.sales_invoice)}</td>
				<td class="text-nowrap">${frappe.datetime.str_to_user(row.due_date)}</td>
				<td class="text-right">${row.days > 0 ? row.days : ""}</td>
				<td class="text-right text-nowrap">${credit.money(row.outstanding, row.currency)}</td>
				<td class="text-right text-nowrap">${credit.money(row.chased, row.currency)}</td>
				<td class="b2b-credit__text">${credit.esc(row.left_out)}</td>
			</tr>`
		);
		return table([__("Invoice"), __("Due date"), __("Days late"), __("Open now"), __("To be asked for"), __("Left out")], rows);
	}

	function history_html(history) {
		if (!history.length) return `<p class="text-muted">${__("Nothing happened with this customer before.")}</p>`;
		const rows = history.map(
			(row) => `<tr>
				<td class="text-nowrap">${frappe.datetime.str_to_user(row.on)}</td>
				<td>${credit.esc(row.by)}</td>
				<td>${frappe.utils.get_form_link(row.doctype, row.name, true)}</td>
				<td class="b2b-credit__text">${credit.esc(row.text)}</td>
			</tr>`
		);
		return table([__("At"), __("By"), __("Document"), __("What happened")], rows);
	}

	const table = (heads, rows) =>
		`<table class="table b2b-credit__table"><thead><tr>${heads
			.map((head) => `<th>${head}</th>`)
			.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
})();
