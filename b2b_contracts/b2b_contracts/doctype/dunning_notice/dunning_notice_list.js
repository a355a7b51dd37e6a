frappe.listview_settings["Dunning Notice"] = {
	add_fields: ["status", "excluded"],
	get_indicator(doc) {
		if (doc.excluded) return [__("Left out"), "gray", "excluded,=,1"];
		const colour = {
			Planned: "blue",
			Skipped: "gray",
			Sending: "orange",
			Queued: "blue",
			Sent: "green",
			Failed: "red",
			Unclear: "orange",
		}[doc.status];
		return [__(doc.status, null, "Dunning Notice"), colour, `status,=,${doc.status}`];
	},
	onload(list) {
		b2b_contracts.letters.add_to_list(list);
		list.page.add_action_item(__("Leave out"), () => {
			const names = list.get_checked_items(true);
			frappe.prompt(
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why they are left out"), reqd: 1 },
				async ({ reason }) => {
					await frappe.xcall("b2b_contracts.dunning_api.leave_out", { names, reason });
					list.refresh();
				},
				__("Leave out {0} notices", [names.length]),
				__("Leave out")
			);
		});
	},
};
