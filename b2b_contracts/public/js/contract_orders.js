// Contract: the documents that follow it.
(() => {
	const esc = (value) => frappe.utils.escape_html(cstr(value ?? ""));

	async function draw(frm) {
		const $field = frm.fields_dict.orders_html?.$wrapper;
		if (!$field || frm.is_new()) return;
		if (frm.doc.docstatus !== 1) {
			$field.html(
				`<p class="text-muted">${esc(
					__("Once the contract is signed, quotations, orders and invoices of its days take their prices and terms from it.")
				)}</p>`
			);
			return;
		}
		const rows = await frappe.xcall(
			"b2b_contracts.contract_orders_api.documents",
			{ contract: frm.doc.name },
			"GET"
		);
		if (!rows.length) {
			$field.html(`<p class="text-muted">${esc(__("No document follows this contract yet."))}</p>`);
			return;
		}
		const body = rows
			.map(
				(row) => `<tr>
				<td>${esc(__(row.doctype))}</td>
				<td><a href="/app/${frappe.router.slug(row.doctype)}/${encodeURIComponent(row.name)}">${esc(row.name)}</a></td>
				<td>${esc(frappe.datetime.str_to_user(row.date))}</td>
				<td>${esc(__(row.status, null, row.doctype))}</td>
				<td class="text-right">${format_currency(row.total, row.currency)}</td>
				<td>${row.hold ? `<a href="/app/credit-hold/${encodeURIComponent(row.hold)}">${esc(row.hold)}</a>` : ""}</td>
			</tr>`
			)
			.join("");
		$field.html(`<table class="table table-bordered"><thead><tr><th>${__("Document")}</th><th>${__("Name")}</th>
			<th>${__("Date")}</th><th>${__("Status")}</th><th class="text-right">${__("Total")}</th>
			<th>${__("Credit hold")}</th></tr></thead><tbody>${body}</tbody></table>`);
	}

	frappe.ui.form.on("B2B Contract", { refresh: draw });
})();
