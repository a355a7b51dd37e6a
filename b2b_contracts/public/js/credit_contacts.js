// What is in front of whoever calls a customer, and what came of it: for the task's form and the worklist.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	const word = (value) => __(value, null, "Collection Task");

	// Asks for what came of a contact and has it logged by `log`, which gets what log_contact takes. `tasks` are open ones that it
	// may belong to: [{name, kind, due}]; `script` is what to say meanwhile.
	credit.ask_contact = ({
		outcome = "",
		is_talk = true,
		invoices = [],
		currency,
		tasks = [],
		script = [],
		title,
		log,
	}) => {
		const options = [
			"Promise",
			"Dispute",
			"Payment Plan",
			"Says It Is Paid",
			"Refuses",
			"Not Reached",
			"Wrong Number",
			"Carried Out",
		];
		const when = (...outcomes) => `eval:${JSON.stringify(outcomes)}.includes(doc.outcome)`;
		const dialog = new frappe.ui.Dialog({
			title: title || (is_talk ? __("Log contact") : __("Carried out")),
			fields: [
				...(script.length
					? [{ fieldname: "script", fieldtype: "HTML", options: script_html(script) }]
					: []),
				...(tasks.length ? [task_field(tasks)] : []),
				{
					fieldname: "outcome",
					fieldtype: "Select",
					label: __("Outcome"),
					options: options.map((value) => ({ value, label: word(value) })),
					default: outcome,
					reqd: 1,
					hidden: is_talk ? 0 : 1,
				},
				{
					fieldname: "spoken_with",
					fieldtype: "Data",
					label: __("Spoken with"),
					hidden: is_talk ? 0 : 1,
				},
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
					options: currency,
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
			async primary_action({ task, outcome, spoken_with, note, retry_on, ...values }) {
				dialog.disable_primary_action();
				try {
					await log({ ...(task ? { task } : {}), outcome, spoken_with, note, retry_on, values });
					dialog.hide();
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
		return dialog;
	};

	const task_field = (tasks) => ({
		fieldname: "task",
		fieldtype: "Select",
		label: __("Belongs to"),
		options: [
			...tasks.map(({ name, kind, due }) => ({
				value: name,
				label: `${name}: ${word(kind)}, ${frappe.datetime.str_to_user(due)}`,
			})),
			{ value: "", label: __("No task: a contact of its own about everything that is open") },
		],
		default: tasks[0].name,
	});

	credit.say_what_was_made = (made) => {
		if (!made.result_name) return;
		const link = frappe.utils.get_form_link(made.result_doctype, made.result_name, true);
		frappe.show_alert({ message: __("Made: {0}", [link]), indicator: "green" }, 10);
	};

	// ---------------------------------------------------------------- what to say, and what was said
	credit.call_sheet_html = ({ phones, script, items, history }) =>
		[phones_html(phones), script_html(script), items_html(items), history_html(history)].join("");

	function phones_html(phones) {
		if (!phones.length) return `<p class="text-muted">${__("No contact of the customer is known.")}</p>`;
		const lines = phones.map((row) => {
			const phone = row.phone
				? `<a href="tel:${encodeURIComponent(row.phone)}">${credit.esc(row.phone)}</a>`
				: __("no number");
			return `<span class="b2b-call__phone"><b>${credit.esc(row.name)}</b> ${phone} ${credit.esc(
				row.email
			)}</span>`;
		});
		return `<p>${lines.join(" · ")}</p>`;
	}

	const script_html = (script) =>
		`<ol>${script.map((line) => `<li>${credit.esc(line)}</li>`).join("")}</ol>`;

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
		return table(
			[
				__("Invoice"),
				__("Due date"),
				__("Days late"),
				__("Open now"),
				__("To be asked for"),
				__("Left out"),
			],
			rows
		);
	}

	function history_html(history) {
		if (!history.length)
			return `<p class="text-muted">${__("Nothing happened with this customer before.")}</p>`;
		const rows = history.map(
			(row) => `<tr>
				<td class="text-nowrap">${frappe.datetime.str_to_user(row.on.replace(" 00:00:00", ""))}</td>
				<td>${credit.esc(row.by)}</td>
				<td>${
					row.doctype
						? frappe.utils.get_form_link(row.doctype, row.name, true)
						: credit.esc(row.name)
				}</td>
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
