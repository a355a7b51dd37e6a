frappe.listview_settings["Credit Profile"] = {
	add_fields: ["status", "currency"],
	get_indicator(doc) {
		const colour = { Open: "green", Hold: "orange", "Delivery Stop": "orange", Stop: "red" }[doc.status];
		return [__(doc.status, null, "Credit Profile"), colour, `status,=,${doc.status}`];
	},
};
