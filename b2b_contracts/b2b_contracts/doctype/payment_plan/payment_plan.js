// Payment Plan: takes in what is overdue, and says what is due next and what follows from it.
(() => {
	const credit = b2b_contracts.credit;

	frappe.ui.form.on("Payment Plan", {
		setup(frm) {
			const mine = () => ({ customer: frm.doc.customer, company: frm.doc.company, docstatus: 1 });
			frm.set_query("sales_invoice", "invoices", () => ({
				filters: { ...mine(), is_return: 0, outstanding_amount: [">", 0] },
			}));
			frm.set_query("security", () => ({ filters: { ...mine(), status: "In Force" } }));
		},
		refresh(frm) {
			frm.toggle_display("section_course", frm.doc.docstatus > 0);
			if (frm.doc.docstatus === 0 && frm.perm[0]?.write) {
				frm.add_custom_button(__("Get overdue invoices"), () => get_overdue(frm));
				if (frm.doc.request_key) frm.add_custom_button(__("Turn down"), () => turn_down(frm));
			}
			say_how_it_stands(frm);
		},
	});

	function turn_down(frm) {
		credit.ask_reason({
			title: __("Turn down"),
			label: __("What the customer is to read"),
			description: __("It stands in the portal and on the page of the link. The plan stays as a draft."),
			method: "b2b_contracts.portal_api.turn_down_plan",
			args: { plan: frm.doc.name },
			as: "answer",
			done: () => frm.reload_doc(),
		});
	}

	async function get_overdue(frm) {
		const { customer, company } = frm.doc;
		if (!customer || !company) {
			frappe.msgprint(__("Choose the customer and the company first."));
			return;
		}
		const plan = await credit.act("make_payment_plan", { customer, company });
		frm.clear_table("invoices");
		for (const { sales_invoice, due_date, outstanding, amount } of plan.invoices) {
			frm.add_child("invoices", { sales_invoice, due_date, outstanding, amount });
		}
		await frm.set_value({ currency: plan.currency, total_amount: plan.total_amount });
		frm.refresh_field("invoices");
	}

	function say_how_it_stands(frm) {
		const { doc } = frm;
		const [sentence, colour] =
			{
				Draft: () => [[asked_for(doc), approver(doc)].filter(Boolean).join(" "), "blue"],
				Approved: () => [
					__("The plan waits for its first instalment, {0}. Until then the invoices are chased.", [
						next(doc),
					]),
					"orange",
				],
				Active: () => [__("Next instalment: {0}.", [next(doc)]), "blue"],
				Broken: () => [__("An instalment was missed: all that is left is due at once."), "red"],
				Completed: () => [__("All instalments are paid."), "green"],
			}[doc.status]?.() || [];
		frm.set_intro("");
		if (sentence) frm.set_intro(sentence, colour);
	}

	function asked_for(doc) {
		if (!doc.request_key) return "";
		const asked = doc.acknowledged_by
			? __("The customer has asked for this plan by a link, and acknowledges the debt: {0}.", [
					credit.esc(doc.acknowledged_by),
			  ])
			: __("The customer has asked for this plan in the portal.");
		return [asked, __("Change it, submit it or turn it down.")].join(" ");
	}

	function approver(doc) {
		if (doc.__islocal || !doc.required_role) return "";
		return __("Submitting it is approving it. That takes the role {0} or higher, and not whoever made it.", [
			__(doc.required_role),
		]);
	}

	function next(doc) {
		const row = doc.instalments.find(({ status }) => status !== "Paid");
		if (!row) return "";
		return __("{0}, due on {1}", [
			credit.money(row.amount - row.paid_amount, doc.currency),
			frappe.datetime.str_to_user(row.due_date),
		]);
	}
})();
