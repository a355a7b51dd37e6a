// Sales Order: its milestone plan, made with one click or opened; what the panel says of it is in credit_order_state.js.
(() => {
	frappe.ui.form.on("Sales Order", {
		refresh(frm) {
			const { doc } = frm;
			if (doc.docstatus !== 1 || doc.status === "Closed" || !frappe.model.can_read("Order Milestone Plan"))
				return;
			frm.add_custom_button(__("Milestones"), () => open(frm), __("Credit"));
		},
	});

	async function open(frm) {
		const found = await frappe.xcall("b2b_contracts.milestones_api.milestone_plan_of", {
			sales_order: frm.doc.name,
		});
		if (found) frappe.set_route("Form", "Order Milestone Plan", found.plan);
		else if (frappe.model.can_create("Order Milestone Plan"))
			frappe.model.open_mapped_doc({
				method: "b2b_contracts.milestones_api.make_milestone_plan",
				frm,
			});
		else frappe.msgprint(__("{0} is not paid by milestones.", [frm.doc.name]));
	}
})();
