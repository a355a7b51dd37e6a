// Customer: how the customer stands in each company, and why the rows of the credit limit table are not edited here.
(() => {
	const credit = b2b_contracts.credit;

	function companies() {
		return Object.keys(locals[":Company"] || {}).sort();
	}

	function show(frm) {
		const all = companies();
		frm.b2b_company = all.includes(frm.b2b_company)
			? frm.b2b_company
			: frappe.defaults.get_user_default("Company") || all[0];
		if (frm.is_new() || !frm.b2b_company) {
			credit.hide_panel(frm);
			return;
		}
		credit.show_customer(frm, frm.doc.name, frm.b2b_company, {
			asides: () => [
				all.length > 1 ? company_select(all, frm.b2b_company) : credit.esc(frm.b2b_company),
			],
			buttons: (view) => {
				if (view.profile) return [{ action: "profile", label: __("Credit profile") }];
				return frappe.model.can_create("Credit Profile")
					? [{ action: "profile", label: __("Create credit profile") }]
					: [];
			},
			drawn: ($panel) => watch_select(frm, $panel),
			unchecked: () => unchecked(frm, all),
		});
	}

	function company_select(all, chosen) {
		const options = all.map(
			(name) =>
				`<option value="${credit.esc(name)}"${name === chosen ? " selected" : ""}>${credit.esc(
					name
				)}</option>`
		);
		return `<select class="form-control input-xs b2b-credit__company" aria-label="${__(
			"Company"
		)}">${options.join("")}</select>`;
	}

	function watch_select(frm, $panel) {
		$panel.on("change", ".b2b-credit__company", (event) => {
			frm.b2b_company = event.currentTarget.value;
			show(frm);
		});
	}

	// Nothing checks this customer there: one line, so that another company can be chosen.
	function unchecked(frm, all) {
		const may_create = frappe.model.can_create("Credit Profile");
		const $panel = credit.show_panel(
			frm,
			{
				color: "gray",
				word: __("Not checked"),
				headline: __("Orders of this customer are not checked for credit here."),
				asides: [all.length > 1 ? company_select(all, frm.b2b_company) : credit.esc(frm.b2b_company)],
				buttons: may_create ? [{ action: "profile", label: __("Create credit profile") }] : [],
			},
			{ profile: () => credit.new_profile(frm.doc.name, frm.b2b_company) }
		);
		watch_select(frm, $panel);
	}

	function explain_managed_rows(frm) {
		const managed = (frm.doc.credit_limits || [])
			.filter((row) => row.b2b_managed)
			.map((row) => row.company);
		frm.set_df_property(
			"credit_limits",
			"description",
			managed.length
				? __(
						"In {0} the credit profile decides. Its row here only keeps ERPNext's own check from deciding a second time, and cannot be changed.",
						[credit.esc(managed.join(", "))]
				  )
				: ""
		);
	}

	function offer_to_report(frm) {
		if (frm.is_new() || !frm.b2b_company || !frappe.model.can_create("Dispute")) return;
		const report = () =>
			credit.report_dispute({
				customer: frm.doc.name,
				company: frm.b2b_company,
				done: () => frm.reload_doc(),
			});
		frm.add_custom_button(__("Report a dispute"), report, __("Credit"));
	}

	// Whoever may open the invoices has these buttons there.
	function offer_to_ask(frm) {
		if (frm.is_new() || !frm.b2b_company || !frappe.model.can_create("Approval Request")) return;
		if (frappe.model.can_read("Sales Invoice")) return;
		const ask = (action) => () =>
			credit.ask_for_customer({ action, customer: frm.doc.name, company: frm.b2b_company });
		frm.add_custom_button(__("Ask for discount"), ask("Cash Discount"), __("Credit"));
		frm.add_custom_button(__("Change due date"), ask("Due Date Change"), __("Credit"));
	}

	frappe.ui.form.on("Customer", {
		refresh(frm) {
			explain_managed_rows(frm);
			show(frm);
			offer_to_report(frm);
			offer_to_ask(frm);
		},
	});
})();
