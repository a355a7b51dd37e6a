// Sales Order: the credit panel, kept up to date while the order is typed in, and no buttons that would be refused.
(() => {
	const credit = b2b_contracts.credit;
	// Buttons of ERPNext that make what is refused while an order waits: [label, group]
	const REFUSED = [
		["Resume", "Status"],
		["Delivery Note", "Create"],
		["Pick List", "Create"],
		["Sales Invoice", "Create"],
		["Reserve", "Stock Reservation"],
	];

	function refresh_panel(frm) {
		const { doc } = frm;
		if (!doc.customer || !doc.company || doc.docstatus === 2 || doc.is_internal_customer) {
			credit.hide_panel(frm);
			return;
		}
		if (frm.is_new() || (doc.docstatus === 0 && frm.is_dirty())) {
			frm.b2b_seen = signature(doc);
			credit.load_panel(
				frm,
				() => credit.quiet("evaluate_draft", { doc }),
				(view) => draw(frm, view)
			);
		} else {
			frm.b2b_seen = signature(doc);
			credit.load_panel(
				frm,
				() => credit.quiet("evaluate", { doctype: doc.doctype, name: doc.name }),
				(view) => draw(frm, view)
			);
		}
	}

	function draw(frm, view) {
		if (!view.checked) {
			credit.hide_panel(frm);
			return;
		}
		const { hold } = view;
		const done = () => frm.reload_doc();
		credit.show_panel(frm, credit.order_state(frm, view), {
			...(hold ? credit.hold_handlers(hold, done) : {}),
			ask_limit: () =>
				credit.ask_limit({
					customer: frm.doc.customer,
					company: frm.doc.company,
					sales_order: frm.doc.name,
					done,
				}),
			way: (way) => credit.take_way({ frm, way, hold, view, reference: frm.doc, done }),
		});
	}

	// What the decision depends on: nothing is asked again while it stays the same.
	function signature(doc) {
		const due = (doc.payment_schedule || []).map((row) => row.due_date);
		return JSON.stringify([
			doc.customer,
			doc.company,
			doc.grand_total,
			doc.conversion_rate,
			doc.po_no,
			doc.payment_terms_template,
			doc.transaction_date,
			doc.delivery_date,
			doc.b2b_security_required_percent,
			due,
		]);
	}

	const changed = frappe.utils.debounce((frm) => {
		if (cur_frm === frm && frm.doc.docstatus === 0 && frm.b2b_seen !== signature(frm.doc))
			refresh_panel(frm);
	}, 800);

	// Runs behind ERPNext's own refresh, which adds the buttons.
	function hide_refused(frm) {
		if (frm.doc.docstatus === 1 && credit.WAITING.includes(frm.doc.b2b_credit_status)) {
			REFUSED.forEach(([label, group]) => frm.page.remove_inner_button(label, group));
		}
	}

	const on_change = Object.fromEntries(
		[
			"customer",
			"company",
			"currency",
			"conversion_rate",
			"po_no",
			"payment_terms_template",
			"transaction_date",
			"delivery_date",
			"taxes_and_charges",
			"additional_discount_percentage",
			"discount_amount",
			"b2b_security_required_percent",
		].map((field) => [field, changed])
	);

	frappe.ui.form.on("Sales Order", {
		...on_change,
		setup(frm) {
			const former = frm.cscript.custom_refresh;
			frm.cscript.custom_refresh = function (...args) {
				const result = former?.apply(this, args);
				hide_refused(frm);
				return result;
			};
		},
		refresh: refresh_panel,
	});

	const on_row = (frm) => changed(frm);
	frappe.ui.form.on("Sales Order Item", {
		item_code: on_row,
		qty: on_row,
		rate: on_row,
		discount_percentage: on_row,
		delivery_date: on_row,
		items_remove: on_row,
	});
	frappe.ui.form.on("Payment Schedule", { due_date: on_row, payment_schedule_remove: on_row });
})();
