frappe.listview_settings["Policy Back-test"] = {
	add_fields: ["status", "progress"],
	hide_name_column: true,
	get_indicator(doc) {
		const colour = b2b_contracts.credit.BACK_TEST_COLOUR[doc.status];
		const status = __(doc.status, null, "Policy Back-test");
		const label = doc.status === "Running" ? `${status} ${cint(doc.progress)} %` : status;
		return [label, colour, `status,=,${doc.status}`];
	},
};
