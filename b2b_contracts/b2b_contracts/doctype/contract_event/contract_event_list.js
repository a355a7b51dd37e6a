frappe.listview_settings["Contract Event"] = {
	add_fields: ["event"],
	get_indicator(doc) {
		const colour = { Approved: "green", Signed: "green", Started: "green", Renewed: "blue", Reminder: "orange", Termination: "red", Ended: "darkgrey" }[doc.event] || "gray";
		return [__(doc.event, null, "Contract Event"), colour, `event,=,${doc.event}`];
	},
};
