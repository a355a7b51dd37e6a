frappe.listview_settings["Contract Document"] = {
	add_fields: ["kind"],
	hide_name_column: false,
	get_indicator(doc) {
		const colour = {
			"Draft": "blue",
			"Locked PDF": "gray",
			"Redline": "orange",
			"Counterparty Paper": "orange",
			"Signed": "green",
			"Notice": "red",
		};
		return [
			__(doc.kind, null, "Contract Document"),
			colour[doc.kind] || "gray",
			`kind,=,${doc.kind}`,
		];
	},
};
