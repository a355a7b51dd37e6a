// The lists: who is on them now.
frappe.listview_settings["Credit List Entry"] = {
	add_fields: ["status", "list_type"],
	get_indicator(doc) {
		const active = doc.list_type === "Premium" ? "green" : "red";
		const colour = { Scheduled: "blue", Active: active, Ended: "gray" }[doc.status];
		return [__(doc.status, null, "Credit List Entry"), colour, `status,=,${doc.status}`];
	},
};
