// Credit Policy: what it would do to open orders, who trades without a profile, what it would have held, and the book.
(() => {
	const credit = b2b_contracts.credit;

	frappe.ui.form.on("Credit Policy", {
		refresh(frm) {
			if (frm.is_new()) return;
			explain_mode(frm);
			if (frm.doc.is_active && frm.doc.mode !== "Off") {
				frm.add_custom_button(__("Open orders"), () => show_open_orders(frm));
			}
			if (frappe.model.can_create("Credit Profile")) {
				frm.add_custom_button(__("Create profiles"), () => show_customers(frm));
			}
			frm.add_custom_button(__("Observed"), () => {
				frappe.route_options = {
					company: frm.doc.company,
					mode: "Observe",
					outcome: ["!=", "Clear"],
				};
				frappe.set_route("List", "Credit Decision");
			});
			frm.add_custom_button(__("Versions"), () => {
				frappe.set_route("List", "Credit Policy Version", { policy: frm.doc.name });
			});
			if (credit.may_export_book()) {
				frm.add_custom_button(__("Export book"), () => credit.export_book(frm.doc.company));
			}
		},
	});

	function explain_mode(frm) {
		const texts = {
			Off: [__("This policy is off: ERPNext checks credit as it does without the app."), "gray"],
			Observe: [
				__(
					"This policy observes: every order is evaluated and logged, none is held. “Observed” lists what it would have held."
				),
				"blue",
			],
			Enforce: [__("This policy is enforced: orders that fail wait for a credit decision."), "green"],
		};
		const [text, colour] = frm.doc.is_active
			? texts[frm.doc.mode]
			: [__("This policy is not active."), "gray"];
		frm.set_intro(text, colour === "gray" ? "yellow" : colour);
	}

	// Orders that were entered before the policy and that nobody has decided about.
	async function show_open_orders(frm) {
		const rows = await fetch("open_orders", { policy: frm.doc.name });
		const failing = rows.filter((row) => row.outcome !== "Clear");
		const may_park = frm.doc.mode === "Enforce" && frm.perm[0]?.write && failing.length;
		const dialog = new frappe.ui.Dialog({
			title: __("Open orders nobody has decided about"),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "orders", options: orders_html(frm, rows, failing) }],
			...(may_park
				? {
						primary_action_label: __("Park those that fail ({0})", [failing.length]),
						primary_action: () =>
							frappe.confirm(
								__(
									"Every open order is decided about now. Those that fail are put on hold, and their sellers are told."
								),
								async () => {
									await credit.act("park_open_orders", { policy: frm.doc.name });
									dialog.hide();
									frappe.show_alert({
										message: __("The orders are parked in the background."),
										indicator: "green",
									});
								}
							),
				  }
				: {}),
		});
		dialog.$wrapper.on("click", "a", () => dialog.hide());
		dialog.show();
	}

	function orders_html(frm, rows, failing) {
		if (!rows.length) return `<p>${__("Every open order has been decided about.")}</p>`;
		const lines = rows.map(
			(row) => `<tr><td>${credit.link("Sales Order", row.order)}</td><td>${credit.link(
				"Customer",
				row.customer
			)}</td>
				<td class="text-right">${credit.money(row.amount, frm.doc.currency)}</td>
				<td>${credit.pill(__(row.outcome, null, "Credit Decision"), credit.STATUS_COLOUR[row.outcome] || "gray")}</td>
				<td>${credit.esc(row.rules.map((rule) => __(rule, null, "Credit Hold Reason")).join(", "))}</td></tr>`
		);
		return `<p>${__(
			"{0} open orders, of which {1} would be held. They go on as they are unless you park them.",
			[rows.length, failing.length]
		)}</p>
			<table class="table b2b-credit__table"><thead><tr><th>${__("Order", null, "Credit Hold")}</th><th>${__(
			"Customer"
		)}</th>
			<th class="text-right">${__("Amount")}</th><th>${__("Outcome")}</th><th>${__("Rules")}</th></tr></thead>
			<tbody>${lines.join("")}</tbody></table>`;
	}

	// Customers with a credit limit of ERPNext and no profile: who, with which limit, into which segment.
	async function show_customers(frm) {
		const rows = await fetch("customers_without_profile", { company: frm.doc.company });
		if (!rows.length) {
			frappe.msgprint({
				title: __("Create profiles"),
				message: __("Every customer with a credit limit in {0} has a credit profile.", [
					credit.esc(frm.doc.company),
				]),
				indicator: "green",
			});
			return;
		}
		const dialog = new frappe.ui.Dialog({
			title: __("Create credit profiles"),
			size: "large",
			fields: [
				{ fieldtype: "HTML", fieldname: "customers", options: customers_html(frm, rows) },
				{
					fieldtype: "Link",
					fieldname: "segment",
					label: __("Segment"),
					options: "Credit Segment",
					default: frm.doc.default_segment,
					reqd: 1,
					description: __("For all customers chosen above; each can be moved later."),
				},
			],
			primary_action_label: __("Create"),
			async primary_action({ segment }) {
				const customers = dialog.$wrapper
					.find("[data-customer]:checked")
					.map((_n, box) => box.dataset.customer)
					.get();
				if (!customers.length) return;
				const made = await credit.act("create_profiles", {
					company: frm.doc.company,
					segment,
					customers,
				});
				dialog.hide();
				frappe.show_alert({
					message: __("{0} credit profiles created", [made.length]),
					indicator: "green",
				});
			},
		});
		dialog.$wrapper.on("change", "[data-all]", (event) => {
			dialog.$wrapper.find("[data-customer]").prop("checked", event.currentTarget.checked);
		});
		dialog.show();
	}

	function customers_html(frm, rows) {
		const lines = rows.map((row) => {
			const takes = row.native_limit && !cint(row.bypass);
			return `<tr><td><input type="checkbox" checked data-customer="${credit.esc(
				row.customer
			)}" aria-label="${credit.esc(row.customer_name)}"></td>
				<td>${credit.esc(row.customer_name)}</td>
				<td class="text-right">${row.native_limit ? credit.money(row.native_limit, frm.doc.currency) : "–"}</td>
				<td>${takes ? __("Kept as manual limit") : __("Calculated from the segment")}</td></tr>`;
		});
		return `<div class="b2b-credit__scroll"><table class="table b2b-credit__table"><thead><tr>
			<th><input type="checkbox" checked data-all aria-label="${__("All")}"></th><th>${__("Customer")}</th>
			<th class="text-right">${__("Limit in ERPNext")}</th><th>${__("Limit in the profile")}</th></tr></thead>
			<tbody>${lines.join("")}</tbody></table></div>`;
	}

	async function fetch(method, args) {
		return (await credit.act(method, args)) || [];
	}
})();
