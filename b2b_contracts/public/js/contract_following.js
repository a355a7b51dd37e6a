// Quotation, Sales Order, Sales Invoice: what the contract says, where the document says something else, and its terms filled in.
(() => {
	const API = "b2b_contracts.contract_orders_api";
	const esc = (value) => frappe.utils.escape_html(cstr(value ?? ""));
	const link = (name) =>
		`<a href="/app/b2b-contract/${encodeURIComponent(name)}">${esc(name)}</a>`;
	const CLASS = "b2b-following";

	const customer_of = (doc) =>
		doc.doctype === "Quotation" ? (doc.quotation_to === "Customer" ? doc.party_name : null) : doc.customer;
	const is_left_alone = (doc) =>
		!customer_of(doc) || !doc.company || doc.docstatus === 2 || doc.is_return || doc.is_internal_customer || doc.is_pos;

	// ------------------------------------------------------------ looked at
	async function look(frm) {
		const { doc } = frm;
		if (is_left_alone(doc)) return hide(frm);
		const turn = (frm.b2b_following_turn = (frm.b2b_following_turn || 0) + 1);
		frm.b2b_following = signature(doc);
		const is_draft = frm.is_new() || (doc.docstatus === 0 && frm.is_dirty());
		const [method, args, type] = is_draft
			? ["follows_draft", { doc }, "POST"]
			: ["follows", { doctype: doc.doctype, name: doc.name }, "GET"];
		let view = null;
		try {
			view = (await frappe.call({ method: `${API}.${method}`, args, type, silent: true })).message;
		} catch {
			return; // who may not look sees nothing here
		}
		if (frm.b2b_following_turn !== turn || frm.doc !== doc) return;
		draw(frm, view);
	}

	const signature = (doc) =>
		JSON.stringify([
			...["customer", "party_name", "company", "transaction_date", "posting_date", "currency", "selling_price_list"].map((f) => doc[f]),
			...["payment_terms_template", "incoterm", "named_place", "discount_amount", "additional_discount_percentage"].map((f) => doc[f]),
			(doc.items || []).map((row) => [row.item_code, row.qty, row.uom, row.rate]),
		]);

	const changed = frappe.utils.debounce((frm) => {
		if (cur_frm === frm && frm.doc.docstatus === 0 && frm.b2b_following !== signature(frm.doc)) look(frm);
	}, 800);

	// ------------------------------------------------------------ shown
	function hide(frm) {
		frm.layout?.wrapper.children(`.${CLASS}`).remove();
	}

	function draw(frm, view) {
		hide(frm);
		if (!view?.contracts?.length) return;
		const { differences, hold } = view;
		const colour = !differences.length ? "green" : view.action === "Block" ? "red" : "orange";
		const names = view.contracts.map((row) =>
			row.is_own ? link(row.name) : __("{0} (group)", [link(row.name)])
		);
		const headline = !differences.length
			? __("Follows the contract")
			: differences.length === 1
			? __("Differs from the contract in one point")
			: __("Differs from the contract in {0} points", [differences.length]);
		// Not a credit panel itself: that is taken off the form by its own class.
		const $panel = $(`<div class="${CLASS}"><section class="b2b-credit b2b-credit--${colour}" aria-label="${__("Contract")}">
			<header class="b2b-credit__head">
				<span class="indicator-pill ${colour}">${__("Contract")}</span>
				<span class="b2b-credit__headline">${headline}</span>
				<span class="b2b-credit__asides">${names.map((html) => `<span>${html}</span>`).join("")}</span>
			</header>
			${differences.length ? `<div class="b2b-credit__notes">${lead(frm, view)}</div>` : ""}
			${view.call_offs.length ? call_offs_html(view.call_offs) : ""}
			<div class="b2b-credit__buttons">
				${differences.length ? `<button class="btn btn-xs btn-default" data-do="show">${__("Show differences")}</button>` : ""}
				${hold?.may_let_go ? `<button class="btn btn-xs btn-primary" data-do="let_go">${__("Let differences go")}</button>` : ""}
			</div>
		</section></div>`);
		$panel.on("click", "[data-do=show]", () => show(frm, view));
		$panel.on("click", "[data-do=let_go]", () => let_go(frm, view));
		frm.layout.message.after($panel);
	}

	function lead(frm, view) {
		const { doc } = frm;
		const lines = view.differences.slice(0, 3).map((row) => `<p>${esc(sentence(row))}</p>`);
		if (view.differences.length > 3) lines.push(`<p>…</p>`);
		if (doc.docstatus === 0) lines.push(`<p class="text-muted">${esc(consequence(doc, view.action))}</p>`);
		else if (view.hold && view.hold.why_not)
			lines.push(`<p class="text-muted">${esc(view.hold.why_not)}</p>`);
		return lines.join("");
	}

	function consequence(doc, action) {
		if (action === "Block") return __("It cannot be submitted like this: change it, or agree an amendment.");
		if (action === "Park" && doc.doctype === "Quotation")
			return __("An order of it will wait until the contract owner or a contract manager lets it go.");
		if (action === "Park")
			return __("When it is submitted it waits until the contract owner or a contract manager lets it go.");
		return __("It can be submitted all the same.");
	}

	function sentence(row) {
		const what = row.row ? __("{0} of {1} in row {2}", [row.kind, row.about, row.row]) : row.kind;
		return __("{0}: agreed is {1}, here it is {2}{3}.", [
			what,
			row.agreed,
			row.actual,
			row.percent && " (" + row.percent + ")",
		]);
	}

	function call_offs_html(call_offs) {
		return call_offs
			.map((row) => {
				const left = row.left - row.wanted;
				const text = row.is_exceeded
					? __("{0}: {1} of {2} are called off, {3} are ordered here. The agreed quantity is used up.", [
							row.about, number(row.called), number(row.agreed), number(row.wanted),
					  ])
					: __("{0}: {1} of {2} are called off, {3} are ordered here, {4} are left after that.", [
							row.about, number(row.called), number(row.agreed), number(row.wanted), number(left),
					  ]);
				return `<p class="b2b-credit__line ${row.is_exceeded ? "text-danger" : ""}">${esc(text)}</p>`;
			})
			.join("");
	}

	const number = (value) => format_number(value, null, Number.isInteger(value) ? 0 : 3);

	// The diff: what is agreed beside what the document says.
	function show(frm, view) {
		const rows = view.differences
			.map(
				(row) => `<tr>
					<td>${row.row ? esc(__("Row {0}", [row.row])) : esc(__("Document"))}</td>
					<td>${esc(row.kind)}${row.about ? `<br><small class="text-muted">${esc(row.about)}</small>` : ""}</td>
					<td class="text-right"><ins>${esc(row.agreed)}</ins></td>
					<td class="text-right"><del>${esc(row.actual)}</del></td>
					<td class="text-right">${esc(row.percent)}</td>
					<td>${link(row.contract)}</td>
				</tr>`
			)
			.join("");
		const dialog = new frappe.ui.Dialog({
			title: __("{0} beside its contract", [frm.is_new() ? __(frm.doctype) : frm.docname]),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "table" }],
			primary_action_label: frm.doc.docstatus === 0 ? __("Take what is agreed") : undefined,
			primary_action:
				frm.doc.docstatus === 0
					? () => {
							dialog.hide();
							take_agreed(frm, view);
					  }
					: undefined,
		});
		dialog.fields_dict.table.$wrapper.html(`<table class="table table-bordered b2b-diff">
			<thead><tr><th>${__("Where")}</th><th>${__("What")}</th><th class="text-right">${__("Agreed")}</th>
			<th class="text-right">${__("Here")}</th><th></th><th>${__("Contract")}</th></tr></thead>
			<tbody>${rows}</tbody></table><p class="text-muted">${
				frm.doc.docstatus === 0 ? esc(consequence(frm.doc, view.action)) : ""
			}</p>`);
		dialog.show();
	}

	// Prices are emptied, so that the contract gives them as the document is saved.
	async function take_agreed(frm, view) {
		const priced = view.differences.filter((row) => row.row && row.rate != null);
		for (const row of priced) {
			const line = frm.doc.items[row.row - 1];
			await frappe.model.set_value(line.doctype, line.name, {
				discount_percentage: 0,
				margin_type: "",
				margin_rate_or_amount: 0,
			});
			await frappe.model.set_value(line.doctype, line.name, "rate", row.rate);
		}
		const terms = await agreed_terms(frm);
		const kinds = view.differences.map((row) => row.field);
		for (const [field, value] of [
			["payment_terms_template", terms.payment_terms],
			["incoterm", terms.incoterm],
			["named_place", terms.place],
		]) {
			if (kinds.includes(field) && value) await frm.set_value(field, value);
		}
		if (kinds.includes("additional_discount_percentage")) {
			await frm.set_value("additional_discount_percentage", 0);
			await frm.set_value("discount_amount", 0);
		}
		look(frm);
	}

	function let_go(frm, view) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			async ({ reason }) => {
				await frappe.xcall(`${API}.let_go`, { hold: view.hold.name, reason });
				frm.reload_doc();
			},
			__("Let differences from the contract go"),
			__("Let go")
		);
	}

	// ------------------------------------------------------------ terms
	async function agreed_terms(frm) {
		const { doc } = frm;
		const customer = customer_of(doc);
		if (is_left_alone(doc)) return {};
		try {
			return await frappe.xcall(
				`${API}.agreed_terms`,
				{ customer, company: doc.company, on: doc.transaction_date || doc.posting_date },
				"GET"
			);
		} catch {
			return {};
		}
	}

	// Behind ERPNext's own look at the customer, whose usual terms and price list give way to the agreed ones.
	const start = frappe.utils.debounce(async (frm) => {
		const { doc } = frm;
		if (doc.docstatus || !customer_of(doc) || !doc.company) return;
		const asked = [customer_of(doc), doc.company];
		const terms = await agreed_terms(frm);
		if (!terms?.contract || asked[0] !== customer_of(frm.doc) || asked[1] !== frm.doc.company) return;
		if (terms.price_list && !(doc.items || []).some((row) => row.item_code))
			await frm.set_value("selling_price_list", terms.price_list);
		if (terms.payment_terms && [undefined, null, "", terms.usual_terms].includes(doc.payment_terms_template))
			await frm.set_value("payment_terms_template", terms.payment_terms);
		if (terms.incoterm && !doc.incoterm) await frm.set_value("incoterm", terms.incoterm);
		if (terms.place && !doc.named_place && doc.incoterm === terms.incoterm)
			await frm.set_value("named_place", terms.place);
		changed(frm);
	}, 1200);

	const on_change = Object.fromEntries(
		["transaction_date", "posting_date", "currency", "selling_price_list", "payment_terms_template", "incoterm", "named_place", "additional_discount_percentage", "discount_amount"].map((field) => [field, changed])
	);
	const on_row = (frm) => changed(frm);
	for (const doctype of ["Quotation", "Sales Order", "Sales Invoice"]) {
		frappe.ui.form.on(doctype, {
			...on_change,
			refresh: (frm) => {
				hide(frm);
				look(frm);
			},
			[doctype === "Quotation" ? "party_name" : "customer"]: (frm) => {
				changed(frm);
				if (frm.is_new()) start(frm);
			},
			company: (frm) => {
				changed(frm);
				if (frm.is_new()) start(frm);
			},
		});
		frappe.ui.form.on(`${doctype} Item`, {
			item_code: on_row,
			qty: on_row,
			uom: on_row,
			rate: on_row,
			discount_percentage: on_row,
			items_remove: on_row,
		});
	}
})();
