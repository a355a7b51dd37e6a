// Take-over: profiles, limits, ratings, securities and plans from a workbook.
b2b_contracts.credit.import_form({
	doctype: "Take-over Import",
	api: "b2b_contracts.takeover_api",
	event: "b2b_takeover",
	entries: "customers",
	done: "customers_done",
	words: {
		progress: (done, of) => __("{0} of {1} customers are taken over.", [done, of]),
		failed: (number) => __("{0} customers could not be taken over; the others are.", [number]),
		something_to_do: (doc) => doc.customers_new || doc.customers_changed || doc.securities_new || doc.plans_new,
		question({ customers_new, customers_changed, securities_new, plans_new, company }) {
			const sentences = [
				__("{0} profiles are made and {1} changed in {2}. Waiting orders are looked at again.", [
					customers_new,
					customers_changed,
					frappe.utils.escape_html(company),
				]),
			];
			if (securities_new || plans_new)
				sentences.push(
					__("{0} securities are registered and {1} payment plans made as drafts.", [securities_new, plans_new])
				);
			return sentences.join(" ");
		},
	},
});
