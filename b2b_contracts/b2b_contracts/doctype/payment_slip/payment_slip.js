// Payment Slip: how it stands, and what can be done about it.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collections_api";
	const LIVE = ["Reported", "Accepted"];

	frappe.ui.form.on("Payment Slip", {
		setup(frm) {
			frm.set_query("sales_invoice", "invoices", () => ({
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
			frm.toggle_enable("invoices", frm.doc.status === "Reported");
			if (frm.is_new()) return;
			say_how_it_stands(frm);
			if (!LIVE.includes(frm.doc.status)) return;
			if (!frappe.perm.has_perm("Payment Slip", 0, "write", frm.doc)) return;
			if (frm.doc.status === "Accepted") add_buttons_of_accepted(frm);
			else await add_buttons_of_reported(frm);
		},
		customer: forget_invoices,
		company: forget_invoices,
	});

	function forget_invoices(frm) {
		frm.clear_table("invoices");
		frm.refresh_field("invoices");
	}

	function say_how_it_stands(frm) {
		const { amount, arrived_amount, currency, status, wait_until, reason } = frm.doc;
		const money = (value) => format_currency(value, currency);
		const day = frappe.datetime.str_to_user(wait_until);
		if (status === "Accepted")
			frm.set_intro(
				__("{0} of {1} is awaited until {2}. Orders are not held for what it pays.", [
					money(amount - arrived_amount),
					money(amount),
					day,
				]),
				"blue"
			);
		else if (status === "Arrived") frm.set_intro(__("The money is here."), "green");
		else if (status === "Not Arrived")
			frm.set_intro(
				__("{0} of {1} had come by {2}.", [money(arrived_amount), money(amount), day]),
				"red"
			);
		else if (reason) frm.set_intro(credit.esc(reason), "orange");
	}

	async function add_buttons_of_reported(frm) {
		const { name } = frm.doc;
		const why_not = await frappe.xcall(`${API}.why_not_accept_slip`, { payment_slip: name });
		if (frm.doc.name !== name || frm.doc.status !== "Reported") return;
		if (why_not) {
			frm.set_intro(
				`${__("Reported only: nothing waits for its money before it is accepted.")} ${credit.esc(
					why_not
				)}`,
				"orange"
			);
		} else {
			frm.set_intro(__("Reported only: nothing waits for its money before it is accepted."), "orange");
			frm.add_custom_button(__("Accept"), () => act(frm, "accept_payment_slip")).addClass(
				"btn-primary"
			);
			frm.add_custom_button(__("Reject", null, "Payment Slip"), () =>
				ask(frm, "reject_payment_slip", __("Reject", null, "Payment Slip"))
			);
		}
		frm.add_custom_button(__("Cancel", null, "Payment Slip"), () =>
			ask(frm, "cancel_payment_slip", __("Cancel", null, "Payment Slip"))
		);
	}

	function add_buttons_of_accepted(frm) {
		frm.add_custom_button(__("Release an order"), () => release(frm));
		frm.add_custom_button(__("Cancel", null, "Payment Slip"), () =>
			ask(frm, "cancel_payment_slip", __("Cancel", null, "Payment Slip"))
		);
	}

	async function act(frm, method, values = {}) {
		await frappe.xcall(`${API}.${method}`, { payment_slip: frm.doc.name, ...values });
		await frm.reload_doc();
	}

	function ask(frm, method, title) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			({ reason }) => act(frm, method, { reason }),
			title,
			title
		);
	}

	// What is held for more than the invoices is released by hand, until the money must be here.
	function release(frm) {
		const { customer, company, wait_until } = frm.doc;
		const dialog = credit.ask_reason({
			title: __("Release an order"),
			intro: __("It goes on until {0} and is parked again when the money has not come.", [
				frappe.datetime.str_to_user(wait_until),
			]),
			method: "release",
			args: { payment_slip: frm.doc.name },
			fields: [
				{
					fieldtype: "Link",
					fieldname: "hold",
					label: __("Credit hold"),
					options: "Credit Hold",
					reqd: 1,
					get_query: () => ({
						filters: { customer, company, status: "Open", reference_doctype: "Sales Order" },
					}),
				},
			],
			done: () => frm.reload_doc(),
		});
		return dialog;
	}
})();
