frappe.listview_settings["Collection Task"] = {
	add_fields: ["status", "currency", "due_date"],
	filters: [["status", "=", "Open"]],
	get_indicator(doc) {
		const is_late = doc.status === "Open" && doc.due_date < frappe.datetime.get_today();
		const colour = { Open: is_late ? "red" : "orange", Done: "green", Cancelled: "gray" }[doc.status];
		return [__(doc.status, null, "Collection Task"), colour, `status,=,${doc.status}`];
	},
};
