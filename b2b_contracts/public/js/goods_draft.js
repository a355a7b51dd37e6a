// Pick List and drop-shipping Purchase Order: says before submitting that credit would refuse it.
(() => {
	async function refresh(frm) {
		const { doc } = frm;
		if (doc.docstatus !== 0 || frm.is_new()) return;
		const found = await b2b_contracts.credit.quiet("evaluate_goods", {
			doctype: doc.doctype,
			name: doc.name,
		});
		// Another document may be on the form by now.
		if (!found?.refusals.length || frm.doc.name !== doc.name) return;
		frm.set_intro(found.refusals.map((text) => b2b_contracts.credit.esc(text)).join("<br>"), "orange");
	}

	frappe.ui.form.on("Pick List", { refresh });
	frappe.ui.form.on("Purchase Order", { refresh });
})();
