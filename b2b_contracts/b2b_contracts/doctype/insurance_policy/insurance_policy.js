// Insurance Policy: its buyer limits with what each covers today, and its duties.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.insurance_api";

	frappe.ui.form.on("Insurance Policy", {
		async refresh(frm) {
			frm.set_intro("");
			frm.toggle_display("section_buyer_limits", !frm.is_new());
			if (frm.is_new()) return;
			say_how_it_stands(frm);
			if (frm.doc.status !== "Ended" && frappe.model.can_create("Security Instrument"))
				frm.add_custom_button(__("Add buyer limit"), () => add_buyer_limit(frm));
			frm.add_custom_button(__("Duties"), () =>
				frappe.set_route("List", "Insurer Duty", "List", { insurance_policy: frm.doc.name })
			);
			await show_buyer_limits(frm);
		},
		async company(frm) {
			if (frm.doc.company && frm.is_new())
				await frm.set_value("currency", erpnext.get_currency(frm.doc.company));
		},
	});

	function say_how_it_stands(frm) {
		const { status, period_from, period_to } = frm.doc;
		const [from, to] = [period_from, period_to].map((day) => frappe.datetime.str_to_user(day));
		const today = frappe.datetime.get_today();
		if (status === "Draft")
			frm.set_intro(__("A draft: its buyer limits count once its status is In Force."), "orange");
		else if (status === "In Force" && today < period_from)
			frm.set_intro(__("Not in force before {0}.", [from]), "orange");
		else if (status === "In Force")
			frm.set_intro(__("In force from {0} to {1}.", [from, to]), "green");
		else frm.set_intro(__("Ended: its buyer limits do not count."), "red");
	}

	async function show_buyer_limits(frm) {
		const { name } = frm.doc;
		const limits = await frappe.xcall(`${API}.buyer_limits`, { policy: name });
		if (frm.doc.name !== name) return;
		frm.fields_dict.buyer_limits.$wrapper.html(
			limits.length ? table(limits) : `<p class="text-muted">${__("No buyer limit yet.")}</p>`
		);
	}

	function table(limits) {
		const head = [
			["", __("Customer")],
			["text-right", __("Buyer limit")],
			["", __("Basis of the limit")],
			["text-right", __("Owed")],
			["text-right", __("Not eligible")],
			["text-right", __("Covered today")],
			["text-right", __("Oldest overdue (days)")],
			["text-right", __("Duties")],
			["", __("Status")],
		];
		return `<div class="b2b-credit__scroll"><table class="table b2b-credit__table"><thead><tr>${head
			.map(([align, label]) => `<th class="${align}">${label}</th>`)
			.join("")}</tr></thead><tbody>${limits.map(row).join("")}</tbody></table></div>`;
	}

	function row(limit) {
		const why_not = limit.counts ? "" : `<div class="text-muted small">${credit.esc(limit.why_not)}</div>`;
		return `<tr data-customer="${credit.esc(limit.customer)}">
			<td>${credit.link("Security Instrument", limit.name, limit.customer_name || limit.customer)}</td>
			<td class="text-right">${credit.money(limit.amount, limit.currency)}</td>
			<td>${__(limit.limit_basis, null, "Security Instrument")}</td>
			<td class="text-right">${credit.money(limit.owed, limit.company_currency)}</td>
			<td class="text-right">${
				limit.not_eligible ? credit.money(limit.not_eligible, limit.company_currency) : ""
			}</td>
			<td class="text-right">${credit.money(limit.covered, limit.company_currency)}</td>
			<td class="text-right">${limit.oldest_days || ""}</td>
			<td class="text-right">${limit.duties || ""}</td>
			<td>${credit.pill(
				__(limit.status, null, "Security Instrument"),
				limit.counts ? "green" : "red"
			)}${why_not}</td>
		</tr>`;
	}

	function add_buyer_limit(frm) {
		const dialog = new frappe.ui.Dialog({
			title: __("Add buyer limit"),
			fields: [
				{
					fieldname: "customer",
					fieldtype: "Link",
					label: __("Customer"),
					options: "Customer",
					reqd: 1,
				},
				{
					fieldname: "amount",
					fieldtype: "Currency",
					label: __("Buyer limit in {0}", [frm.doc.currency]),
					reqd: 1,
				},
				{
					fieldname: "limit_basis",
					fieldtype: "Select",
					label: __("Basis of the limit"),
					options: [
						{ value: "Named", label: __("Named", null, "Security Instrument") },
						{ value: "Discretionary", label: __("Discretionary", null, "Security Instrument") },
					],
					default: "Named",
					description: __(
						"Named = the insurer has decided about this customer. Discretionary = we may set it ourselves, up to what the policy says."
					),
					reqd: 1,
				},
				{ fieldname: "column_break", fieldtype: "Column Break" },
				{ fieldname: "instrument_number", fieldtype: "Data", label: __("Number of the insurer's decision") },
				{
					fieldname: "expiry_date",
					fieldtype: "Date",
					label: __("Valid until"),
					description: __("Empty = until the policy ends."),
				},
				{
					fieldname: "document",
					fieldtype: "Attach",
					label: __("The insurer's decision"),
					description: __("Empty = the document of the policy."),
				},
				{
					fieldname: "in_force",
					fieldtype: "Check",
					label: __("In force"),
					default: 1,
					description: __("Off = requested: the insurer has yet to answer."),
				},
			],
			primary_action_label: __("Add"),
			async primary_action(values) {
				await credit.act(`${API}.add_buyer_limit`, { policy: frm.doc.name, ...values });
				dialog.hide();
				await show_buyer_limits(frm);
			},
		});
		dialog.show();
	}
})();
