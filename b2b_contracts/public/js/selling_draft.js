// Delivery Note and Sales Invoice: says before submitting that credit would refuse it, and where it waits.
(() => {
	const credit = b2b_contracts.credit;

	async function load(frm) {
		const { doc } = frm;
		const orders = [
			...new Set(
				(doc.items || []).map((row) => row.against_sales_order || row.sales_order).filter(Boolean)
			),
		];
		const [view, held] = await Promise.all([
			credit.quiet("evaluate", { doctype: doc.doctype, name: doc.name }),
			orders.length ? held_orders(orders) : [],
		]);
		// A milestone that must be paid first keeps back the goods of a customer whom nobody checks as well.
		return view?.checked || view?.refusals?.length ? { view, held } : null;
	}

	// For links only: whether the draft is refused is the server's word (`refusals`).
	async function held_orders(orders) {
		try {
			return await frappe.db.get_list("Sales Order", {
				filters: { name: ["in", orders], b2b_credit_status: ["in", credit.WAITING] },
				fields: ["name", "b2b_credit_status", "b2b_credit_hold"],
				limit: 20,
			});
		} catch {
			return [];
		}
	}

	const is_shipping = (doc) => doc.doctype === "Delivery Note" || cint(doc.update_stock);

	function draw(frm, { view, held }) {
		const { hold } = view;
		const reference = { ...frm.doc };
		const done = () => frm.reload_doc();
		const handlers = {
			...(hold ? credit.hold_handlers(hold, done) : {}),
			way: (way) => credit.take_way({ frm, way, hold, view, reference, done }),
		};
		const state = state_of(frm, view, held, hold, reference);
		if (state) credit.show_panel(frm, state, handlers);
		else credit.hide_panel(frm);
	}

	function state_of(frm, view, held, hold, reference) {
		if (view.mode !== "Enforce") return null;
		const refusals = (view.refusals || []).map((text) => credit.esc(text));
		if (refusals.length && hold?.status !== "Open") {
			const stopped = view.outcome === "Stopped";
			const wants_credit = view.outcome !== "Clear" && view.order_amount > 0;
			return {
				view: stopped || wants_credit ? view : null,
				color: stopped ? "red" : "orange",
				word: held.length
					? __("Held")
					: stopped
					? __("Stopped", null, "Sales Order")
					: __("Would be refused"),
				headline: refused_headline(frm.doc, held.length, stopped),
				asides: held.flatMap((row) => [
					credit.link("Sales Order", row.name),
					credit.link("Credit Hold", row.b2b_credit_hold),
				]),
				notes: refusals,
				show_reasons: stopped || wants_credit,
				actions: credit.way_labels({ frm, hold: null, view, reference }),
			};
		}
		if (hold) {
			const is_open = hold.status === "Open";
			return {
				view,
				color: credit.HOLD_COLOUR[hold.status],
				word: is_open ? __("Held") : __(hold.status, null, "Credit Hold"),
				headline: is_open
					? __("Refused: it waits for a credit decision.")
					: hold.status === "Released"
					? __("Released: submit it again.")
					: __("Its credit hold is {0}.", [__(hold.status, null, "Credit Hold")]),
				asides: credit.hold_asides(hold),
				notes: [...credit.hold_notes(hold), ...refusals],
				show_reasons: is_open,
				actions: credit.way_labels({ frm, hold, view, reference }),
				buttons: credit.hold_buttons(hold),
			};
		}
		if (view.outcome !== "Clear" && view.order_amount > 0) {
			return {
				view,
				is_draft: true,
				color: view.outcome === "Stopped" ? "red" : "orange",
				word: __("Would be refused"),
				headline: __("No order covers this, and it goes beyond the customer's credit."),
				show_reasons: true,
				actions: credit.way_labels({ frm, hold: null, view, reference }),
			};
		}
		return null;
	}

	function refused_headline(doc, is_held, is_stopped) {
		if (is_held) {
			return is_shipping(doc)
				? __("This cannot be submitted while its order is on hold for credit.")
				: __("Only what is delivered already can be billed while the order is on hold for credit.");
		}
		// A stop that comes with these goods, or a release that has ended: the note below says which.
		if (!is_stopped) return __("This cannot be submitted as things stand.");
		return __(
			"Nothing is delivered to this customer while the stop lasts, but what was released after it."
		);
	}

	function refresh(frm) {
		const { doc } = frm;
		if (doc.docstatus !== 0 || frm.is_new() || doc.is_return || doc.is_internal_customer) {
			credit.hide_panel(frm);
			return;
		}
		credit.load_panel(
			frm,
			() => load(frm),
			(loaded) => draw(frm, loaded)
		);
	}

	frappe.ui.form.on("Delivery Note", { refresh });
	frappe.ui.form.on("Sales Invoice", { refresh });
})();
