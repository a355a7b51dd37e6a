// Customer and Credit Profile: the statement of account to look at, to download and to mail; the balance to confirm; and what of
// the debt can soon no longer be enforced.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.statements_api";
	const MOVEMENTS = "Movements";

	frappe.ui.form.on("Customer", {
		refresh: (frm) =>
			offer(frm, frm.doc.name, () => frm.b2b_company || frappe.defaults.get_user_default("Company")),
	});
	frappe.ui.form.on("Credit Profile", {
		refresh: (frm) => offer(frm, frm.doc.customer, () => frm.doc.company),
	});

	function offer(frm, customer, company) {
		if (frm.is_new() || !frappe.model.can_read("Account Statement")) return;
		const group = __("Statement");
		frm.add_custom_button(__("Statement of account"), () => ask(customer, company()), group);
		// Neither has a button New in its list, which Frappe's `can_create` goes by.
		if (frappe.model.can_write("Balance Confirmation"))
			frm.add_custom_button(__("Confirm balance"), () => confirm_balance(customer, company()), group);
		frm.add_custom_button(
			__("What was sent"),
			() => frappe.set_route("List", "Account Statement", { customer }),
			group
		);
		warn(frm, customer, company());
	}

	function ask(customer, company) {
		const today = frappe.datetime.get_today();
		const dialog = new frappe.ui.Dialog({
			title: __("Statement of account"),
			fields: [
				{
					fieldname: "kind",
					fieldtype: "Select",
					label: __("Kind"),
					options: [
						{ value: "Open Items", label: __("Open Items", null, "Account Statement") },
						{ value: MOVEMENTS, label: __("Movements", null, "Account Statement") },
					],
					default: "Open Items",
					reqd: 1,
				},
				{
					fieldname: "from_date",
					fieldtype: "Date",
					label: __("From"),
					default: frappe.datetime.add_months(today, -12),
					depends_on: `eval:doc.kind === '${MOVEMENTS}'`,
				},
				{ fieldname: "to_date", fieldtype: "Date", label: __("As of"), default: today, reqd: 1 },
			],
			primary_action_label: __("Show"),
			primary_action: (values) => open(values),
		});
		const asked = (values) => ({ customer, company, ...values, from_date: values.from_date || "" });
		const open = (values, download = 0) =>
			window.open(
				frappe.urllib.get_full_url(
					`/api/method/${API}.statement_pdf?${new URLSearchParams({ ...asked(values), download })}`
				)
			);
		const with_values = (act) => () => {
			const values = dialog.get_values();
			if (values) act(values);
		};
		dialog.add_custom_action(
			__("Download"),
			with_values((values) => open(values, 1))
		);
		if (frappe.model.can_write("Account Statement"))
			dialog.add_custom_action(
				__("Send by e-mail"),
				with_values(async (values) => {
					const sent = await frappe.xcall(`${API}.mail_statement`, asked(values));
					dialog.hide();
					frappe.show_alert({ message: __("Sent to {0}.", [credit.esc(sent.sent_to)]), indicator: "green" });
				})
			);
		dialog.show();
	}

	function confirm_balance(customer, company) {
		frappe.prompt(
			[
				{
					fieldname: "to_date",
					fieldtype: "Date",
					label: __("Balance at the end of"),
					default: frappe.datetime.get_today(),
					reqd: 1,
				},
				{ fieldname: "remind_after", fieldtype: "Int", label: __("Remind after (days)"), default: 14 },
				{ fieldname: "give_up_after", fieldtype: "Int", label: __("No answer after (days)"), default: 28 },
			],
			async (values) => {
				const asked = await frappe.xcall(`${API}.ask_to_confirm_balance`, { customer, company, ...values });
				frappe.show_alert({ message: __("Sent to {0}.", [credit.esc(asked.sent_to)]), indicator: "green" });
				frappe.set_route("Form", "Balance Confirmation", asked.name);
			},
			__("Confirm balance"),
			__("Send by e-mail")
		);
	}

	async function warn(frm, customer, company) {
		const { name } = frm.doc;
		const found = company && (await credit.post(`${API}.expiring_claims`, { customer, company }));
		if (frm.doc.name !== name) return;
		credit.say_on_form(frm, "b2b-limitation", "");
		if (!found) return;
		const amount = format_currency(found.amount, found.currency);
		const day = frappe.datetime.str_to_user(found.first);
		const words =
			found.days_left < 0
				? __("Limitation: {0} at stake, the first claim ran out on {1}", [amount, day])
				: __("Limitation: {0} at stake, the first claim runs out after {1}", [amount, day]);
		const report = { name: "Limitation Watch", type: "report", is_query_report: true };
		const route = `${frappe.utils.generate_route(report)}?${new URLSearchParams({ company, customer })}`;
		const colour = found.days_left <= 30 ? "red" : found.days_left <= 90 ? "orange" : "yellow";
		credit.say_on_form(frm, "b2b-limitation", `<a href="${credit.esc(route)}">${words}</a>`, colour);
	}
})();
