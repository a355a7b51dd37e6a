frappe.ui.form.on("Credit KPI", {
	refresh(frm) {
		frm.add_custom_button(__("Report"), () => frappe.set_route("query-report", "Credit KPIs"));
	},
});
