frappe.listview_settings["B2B Contract"] = {
	add_fields: ["status", "last_date_to_act", "signed_on", "terminated_on", "currency", "renewal_decision", "decided_for"],
	// A traffic light for what runs: red when the day to act has passed, yellow within a month of it.
	get_indicator(doc) {
		const said = __(doc.status, null, "B2B Contract");
		const filter = `status,=,${doc.status}`;
		if (["Active", "In Renewal"].includes(doc.status) && doc.last_date_to_act && !doc.terminated_on) {
			const today = frappe.datetime.get_today();
			// Decided about the period that runs: nobody has to act any more.
			if (doc.renewal_decision === "Renew" && doc.decided_for >= today) return [said, "green", filter];
			const left = frappe.datetime.get_day_diff(doc.last_date_to_act, today);
			return [said, left < 0 ? "red" : left <= 30 ? "yellow" : "green", filter];
		}
		const colour = {
			Request: "gray",
			Draft: "gray",
			"In Review": "orange",
			Approved: "blue",
			"Out for Signature": doc.signed_on ? "green" : "blue",
			Active: doc.terminated_on ? "orange" : "green",
			"In Renewal": "purple",
			Terminated: "darkgrey",
			Expired: "darkgrey",
			Rejected: "red",
		}[doc.status];
		return [said, colour, filter];
	},
	has_indicator_for_draft: true,
	// ERPNext has a document called Contract: ours cannot be, but is to whoever works with it.
	onload(list) {
		list.page.set_title(__("Contracts"));
		list.page.add_inner_button(__("Renewal pipeline"), () => frappe.set_route("renewal-pipeline"));
		if (frappe.model.can_create("B2B Contract"))
			list.page.add_inner_button(__("New from a template"), () => b2b_contracts.contracts.new_from_template());
	},
};
