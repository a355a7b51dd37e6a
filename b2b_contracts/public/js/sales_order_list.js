// Sales Order list: what waits for credit says so; everything else looks as ERPNext has it.
(() => {
	const settings = frappe.listview_settings["Sales Order"];
	if (!settings || settings.b2b_extended) return;
	settings.b2b_extended = true;
	settings.add_fields = [...(settings.add_fields || []), "b2b_credit_status"];

	const { get_indicator, onload } = settings;
	const WORDS = {
		Held: () => [__("Held: credit"), "orange"],
		Stopped: () => [__("Stopped: credit"), "red"],
		Rejected: () => [__("Rejected: credit"), "darkgrey"],
	};

	settings.get_indicator = function (doc) {
		const own = get_indicator?.call(this, doc);
		const status = doc.b2b_credit_status;
		if (doc.docstatus !== 1 || ["Closed", "Completed", "Cancelled"].includes(doc.status)) return own;
		if (WORDS[status]) return [...WORDS[status](), `b2b_credit_status,=,${status}`];
		if (status === "Released" && flt(doc.per_delivered) < 100) {
			const rest = own ? `: ${own[0]}` : "";
			return [__("Released") + rest, "blue", "b2b_credit_status,=,Released"];
		}
		return own;
	};

	settings.onload = function (listview) {
		onload?.call(this, listview);
		listview.page.add_menu_item(__("Waiting for credit"), () =>
			listview.filter_area
				.clear(false)
				.then(() =>
					listview.filter_area.add([
						["Sales Order", "b2b_credit_status", "in", ["Held", "Stopped", "Rejected"]],
					])
				)
		);
	};
})();
