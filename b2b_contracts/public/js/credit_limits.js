// Asks for a higher credit limit, from the customer or from an order that waits for one.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	credit.LIMITS = "b2b_contracts.limits_api";

	credit.may_ask_limit = (view) =>
		Boolean(view?.profile) &&
		view.limit_type !== "Unlimited" &&
		frappe.model.can_create("Limit Request");

	// Whether a higher limit of the customer is what an order lacks.
	credit.lacks_limit = (view) => (view?.reasons || []).some(({ rule }) => rule === "Limit Use");

	credit.ask_limit = async ({ customer, company, sales_order, done }) => {
		const terms = await credit.act(`${credit.LIMITS}.limit_request_terms`, {
			customer,
			company,
			sales_order,
		});
		if (terms.open_request) {
			frappe.msgprint(
				__("A higher limit is asked for already: {0}. It waits for an answer.", [
					credit.link("Limit Request", terms.open_request),
				])
			);
			return;
		}
		const dialog = new frappe.ui.Dialog({
			title: __("Ask for a higher limit"),
			fields: [
				{ fieldtype: "HTML", fieldname: "intro", options: intro(customer, terms) },
				{
					fieldtype: "Currency",
					fieldname: "requested_limit",
					label: __("New limit asked for"),
					// Typed as the amount, never as what comes on top.
					description: __("The whole limit, not what comes on top."),
					default: terms.needed > terms.current_limit ? terms.needed : undefined,
					reqd: 1,
				},
				{ fieldtype: "Column Break" },
				{
					fieldtype: "Date",
					fieldname: "valid_until",
					label: __("Until"),
					description: __("Empty = lasting."),
				},
				{ fieldtype: "Section Break" },
				{ fieldtype: "Small Text", fieldname: "reason", label: __("Why"), reqd: 1 },
			],
			primary_action_label: __("Ask", null, "Limit Request"),
			async primary_action(values) {
				dialog.disable_primary_action();
				try {
					const made = await credit.act(`${credit.LIMITS}.request_limit`, {
						customer,
						company,
						sales_order,
						...values,
					});
					dialog.hide();
					frappe.msgprint({
						title: __("The limit is asked for"),
						indicator: "green",
						message: __("{0} goes to {1}; you get an answer by {2}.", [
							credit.link("Limit Request", made.name),
							credit.esc(__(made.required_role)).bold(),
							frappe.datetime.str_to_user(made.response_due),
						]),
					});
					done?.(made);
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
		return dialog;
	};

	function intro(customer, { current_limit, currency, needed, orders }) {
		const parts = [
			__("The limit of {0} is {1}.", [credit.esc(customer).bold(), credit.money(current_limit, currency)]),
		];
		if (orders.length && needed > current_limit) {
			const links = orders.map(({ order }) => credit.link("Sales Order", order)).join(", ");
			parts.push(
				__("{0} would go ahead with a limit of {1}.", [links, credit.money(needed, currency).bold()])
			);
		}
		return `<p>${parts.join(" ")}</p>`;
	}

	// What a limit that is asked for would make of the orders that wait.
	credit.limit_effect_html = (state) => {
		if (!state.orders.length) {
			return `<p class="b2b-credit__line">${__("No order waits for it.")}</p>`;
		}
		const rows = state.orders.map(
			(row) => `<tr>
				<td>${credit.link("Sales Order", row.order)}</td>
				<td>${row.promised_date ? frappe.datetime.str_to_user(row.promised_date) : ""}</td>
				<td class="text-right">${credit.money(row.amount, state.currency)}</td>
				<td>${
					row.goes_on
						? credit.pill(__("Goes ahead"), "green")
						: `${credit.pill(__("Still waits"), "orange")} ${row.still.map(credit.esc).join(" ")}`
				}</td>
			</tr>`
		);
		return `<table class="table b2b-credit__table"><thead><tr><th>${__("Sales order")}</th><th>${__(
			"Promised"
		)}</th><th class="text-right">${__("Amount")}</th><th>${__("With this limit")}</th></tr></thead>
			<tbody>${rows.join("")}</tbody></table>`;
	};
})();
