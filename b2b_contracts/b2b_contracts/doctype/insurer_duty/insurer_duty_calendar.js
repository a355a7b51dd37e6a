// What insurers want by which day. Days move by themselves, so nothing can be dragged.
frappe.views.calendar["Insurer Duty"] = {
	field_map: {
		id: "name",
		start: "start",
		end: "end",
		title: "title",
		color: "color",
		allDay: "all_day",
	},
	order_by: "due_date",
	get_events_method: "b2b_contracts.insurance_api.duty_events",
	filters: [
		{ fieldtype: "Link", fieldname: "insurance_policy", options: "Insurance Policy", label: __("Insurance policy") },
	],
	options: { editable: false, selectable: false },
};
