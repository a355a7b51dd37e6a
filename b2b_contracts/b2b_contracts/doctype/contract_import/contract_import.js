// A list of existing contracts from a workbook.
b2b_contracts.credit.import_form({
	doctype: "Contract Import",
	api: "b2b_contracts.contract_import_api",
	event: "b2b_contract_import",
	entries: "contracts",
	done: "contracts_done",
	words: {
		progress: (done, of) => __("{0} of {1} contracts are imported.", [done, of]),
		failed: (number) => __("{0} contracts could not be imported; the others are.", [number]),
		something_to_do: (doc) => doc.contracts,
		question: ({ contracts, contracts_signed, contracts_over, company }) =>
			__("{0} contracts are imported into {1}: {2} that are signed, of which {3} are over, and {4} drafts.", [
				contracts,
				frappe.utils.escape_html(company),
				contracts_signed,
				contracts_over,
				contracts - contracts_signed,
			]),
	},
});
