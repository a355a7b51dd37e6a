// The days of running contracts: when to act, until when notice can be given, when a period ends, what was to be done next.
frappe.views.calendar["B2B Contract"] = {
	field_map: {
		id: "name",
		start: "start",
		end: "end",
		title: "title",
		allDay: "all_day",
		// Days, which are the same in every time zone.
		convertToUserTz: "is_time",
	},
	get_events_method: "b2b_contracts.contract_pipeline_api.events",
	options: {
		// The days follow from the terms: nobody moves one with the mouse, and no contract starts by a click on a day.
		editable: false,
		selectable: false,
		// Frappe's line about dragging across days is not true here.
		eventAfterAllRender() {
			$(".footnote-area:visible")
				.contents()
				.filter((_n, node) => node.nodeType === Node.TEXT_NODE)
				.replaceWith(
					document.createTextNode(
						__("Red: the last day to act has passed. Yellow: within 30 days. Blue: the next step. Grey: a period or a contract ends.")
					)
				);
		},
	},
	get_css_class({ light }) {
		return { Red: "red", Yellow: "yellow", Green: "green", Grey: "gray", Step: "blue" }[light];
	},
};
