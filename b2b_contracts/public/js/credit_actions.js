// What a person can do about a hold: every action a dialog or a prefilled document, every answer written down.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;

	// Asks for a reason and calls `api[method]` with it (as its argument `as`); `done` gets the answer.
	credit.ask_reason = ({
		title,
		label,
		description,
		intro,
		method,
		args,
		as = "reason",
		primary_label,
		fields,
		done,
	}) => {
		const dialog = new frappe.ui.Dialog({
			title,
			fields: [
				...(intro ? [{ fieldtype: "HTML", fieldname: "intro", options: intro }] : []),
				...(fields || []),
				{
					fieldtype: "Small Text",
					fieldname: as,
					label: label || __("Reason"),
					description: description || __("Kept with the decision."),
					reqd: 1,
				},
			],
			primary_action_label: primary_label || title,
			async primary_action(values) {
				dialog.disable_primary_action();
				try {
					const answer = await credit.act(method, { ...args, ...values });
					dialog.hide();
					done?.(answer);
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
		dialog.get_field(as).$input?.trigger("focus");
		return dialog;
	};

	credit.release = (hold, done) =>
		credit.ask_reason({
			title: __("Release"),
			intro: hold_intro(hold),
			method: "release",
			args: { hold: hold.name },
			done: (answer) => {
				told(__("{0} is released.", [credit.esc(hold.reference_name)]), "green");
				done?.(answer);
			},
		});

	credit.reject = (hold, done) =>
		credit.ask_reason({
			title: __("Reject", null, "Credit Hold"),
			intro: hold_intro(hold),
			description: __(
				"The seller reads it. The order stays on hold until it is changed, closed or cancelled."
			),
			method: "reject",
			args: { hold: hold.name },
			done: (answer) => {
				told(__("{0} is rejected.", [credit.esc(hold.reference_name)]), "red");
				done?.(answer);
			},
		});

	credit.request_release = (hold, done) =>
		credit.ask_reason({
			title: __("Request release"),
			intro: hold_intro(hold),
			label: __("Why should it go ahead?"),
			description: __("Goes to those who may release it: {0}.", [
				credit.esc(__(hold.required_role || "Credit Controller")),
			]),
			method: "request_release",
			args: { hold: hold.name },
			primary_label: __("Send request"),
			done: (answer) => {
				told(__("Your request is sent."), "green");
				done?.(answer);
			},
		});

	credit.advise = (hold, done) =>
		credit.ask_reason({
			title: __("Advise"),
			intro: hold_intro(hold),
			label: __("Comment"),
			description: __("For whoever decides above you; kept with the hold."),
			fields: [
				{
					fieldtype: "Select",
					fieldname: "advice",
					label: __("Advice"),
					options: [
						{ value: "Release", label: __("Release") },
						{ value: "Reject", label: __("Reject", null, "Credit Hold") },
					],
					reqd: 1,
				},
			],
			method: "advise",
			args: { hold: hold.name },
			as: "comment",
			done,
		});

	credit.lift = (hold, done) =>
		credit.ask_reason({
			title: __("Lift hold"),
			intro: hold_intro(hold),
			method: "lift_hold",
			args: { hold: hold.name },
			primary_label: __("Lift"),
			done: (answer) => {
				told(__("The hold is lifted."), "green");
				done?.(answer);
			},
		});

	credit.force_hold = (customer, company, done) =>
		credit.ask_reason({
			title: __("Put {0} on hold", [credit.esc(customer)]),
			fields: [
				{
					fieldtype: "Select",
					fieldname: "action",
					label: __("What stops"),
					options: [
						{ value: "Hold", label: __("New orders wait") },
						{ value: "Stop", label: __("New orders wait and nothing is delivered") },
					],
					default: "Hold",
					reqd: 1,
				},
			],
			method: "force_hold",
			args: { customer, company },
			primary_label: __("Put on hold"),
			done,
		});

	credit.split = (hold, view, done) => {
		const way = (view.ways_out || []).find((w) => w.kind === "reduce");
		const kept = view.order_amount - (way?.amount || 0);
		frappe.confirm(
			`<p>${__(
				"{0} is cut to what fits the credit limit now, {1} at most. The rest, at least {2}, becomes an order of its own and waits.",
				[
					credit.esc(hold.reference_name).bold(),
					credit.money(kept, view.currency).bold(),
					credit.money(way?.amount, view.currency).bold(),
				]
			)}</p><p class="text-muted">${__(
				"Rows are kept in the order of their delivery dates; the last one is cut."
			)}</p>`,
			async () => {
				const made = await credit.act("split", { hold: hold.name });
				told(
					__("{0} goes ahead; {1} is the rest and waits.", [
						credit.link("Sales Order", made.order),
						credit.link("Sales Order", made.rest),
					]),
					"green",
					12
				);
				done?.(made);
			}
		);
	};

	// The customer's open items, the oldest first, marked as far as the amount reaches.
	credit.show_open_items = (view, way) => {
		let left = way.amount;
		const may_pay = frappe.model.can_create("Payment Entry");
		const rows = (view.overdue_items || []).map((item) => {
			const needed = left > 0;
			left -= item.open;
			return `<tr class="${needed ? "b2b-credit__needed" : "text-muted"}">
				<td>${credit.link("Sales Invoice", item.name)}</td>
				<td>${frappe.datetime.str_to_user(item.due_date)}</td>
				<td class="text-right">${credit.money(item.open, view.currency)}</td>
				${
					may_pay
						? `<td class="text-right"><button type="button" class="btn btn-xs btn-default" data-pay="${credit.esc(
								item.name
						  )}">${__("Enter payment")}</button></td>`
						: ""
				}
			</tr>`;
		});
		const dialog = new frappe.ui.Dialog({
			title: __("To pay: {0}", [format_currency(way.amount, view.currency)]),
			fields: [
				{
					fieldtype: "HTML",
					fieldname: "items",
					options: `<p>${__(
						"Payments are counted against the oldest items first. The highlighted ones are needed."
					)}</p>
						<table class="table b2b-credit__table"><thead><tr><th>${__("Invoice")}</th><th>${__("Due")}</th>
						<th class="text-right">${__("Open", null, "Credit Hold")}</th>${
						may_pay ? "<th></th>" : ""
					}</tr></thead><tbody>${rows.join("")}</tbody></table>`,
				},
			],
		});
		dialog.$wrapper.on("click", "a", () => dialog.hide());
		dialog.$wrapper.on("click", "[data-pay]", (event) => {
			dialog.hide();
			credit.enter_payment("Sales Invoice", event.currentTarget.dataset.pay);
		});
		dialog.show();
	};

	// What is open but not due yet is found in ERPNext's own list.
	function list_open_items({ customer, company }) {
		frappe.route_options = { customer, company, docstatus: 1, outstanding_amount: [">", 0] };
		frappe.set_route("List", "Sales Invoice");
	}

	// Opens a Payment Entry for an invoice or an order, over `amount` when given. ERPNext wants the amount as a number,
	// which takes JSON.
	credit.enter_payment = async (dt, dn, amount) => {
		const method = "erpnext.accounts.doctype.payment_entry.payment_entry.get_payment_entry";
		const doc = amount ? await credit.post(method, { dt, dn, party_amount: amount }) : null;
		if (doc) open_new(doc);
		else
			frappe.call({
				method,
				args: { dt, dn },
				freeze: true,
				callback: ({ message }) => open_new(message),
			});
	};

	credit.request_payment = (dt, dn) =>
		frappe.call({
			method: "erpnext.accounts.doctype.payment_request.payment_request.make_payment_request",
			args: { dt, dn },
			freeze: true,
			callback: ({ message }) => open_new(message),
		});

	function open_new(doc) {
		const [made] = frappe.model.sync(doc);
		frappe.set_route("Form", made.doctype, made.name);
	}

	credit.open_holds_of = (customer, company) => {
		frappe.route_options = { customer, company, status: "Open" };
		frappe.set_route("List", "Credit Hold");
	};

	credit.new_profile = (customer, company) => frappe.new_doc("Credit Profile", { customer, company });

	// A security that an order asks for covers that order alone: the form says so, and may be changed.
	function register_security(reference, values) {
		frappe.model.with_doctype("Security Instrument", () => {
			const doc = Object.assign(frappe.model.get_new_doc("Security Instrument"), values);
			if (reference.doctype === "Sales Order") {
				doc.scope = "Named Documents";
				const row = frappe.model.add_child(doc, "Security Instrument Document", "documents");
				row.reference_doctype = reference.doctype;
				row.reference_name = reference.name;
			}
			frappe.set_route("Form", doc.doctype, doc.name);
		});
	}

	// Which ways out can be started from here, and what their buttons say. `frm` is the form of the document that
	// waits, null elsewhere; `hold` its open hold.
	credit.way_labels = ({ frm, hold, view, reference }) => {
		const on_form = (field) => frm?.fields_dict[field]?.disp_status === "Write";
		const submitted_order = reference?.doctype === "Sales Order" && reference.docstatus === 1;
		const labels = {};
		if (view.overdue_items?.length || frappe.model.can_read("Sales Invoice"))
			labels.pay = __("Show items");
		if (submitted_order && frappe.model.can_create("Payment Entry")) labels.prepay = __("Enter payment");
		else if (submitted_order && frappe.model.can_create("Payment Request"))
			labels.prepay = __("Request payment");
		if (hold && submitted_order && frappe.model.can_write("Sales Order"))
			labels.reduce = __("Split", null, "Credit Decision");
		if (frappe.model.can_create("Security Instrument")) labels.secure = __("Register security");
		if (on_form("payment_terms_template")) labels.shorten_terms = __("Change terms");
		if (on_form("po_no")) labels.add_po = __("Enter number");
		if (frappe.model.can_create("Credit Profile")) labels.assess = __("Create profile");
		if (view.profile) {
			labels.review = __("Open profile");
			labels.lift = __("Show holds");
		}
		if (hold?.status === "Open") {
			if (credit.may_answer(hold)) labels.approve = __("Release");
			else if (credit.may_advise(hold)) labels.approve = __("Advise");
			else if (!hold.requested_by) labels.approve = __("Request release");
		}
		return labels;
	};

	// The server's word where it gives one (deputies, four eyes), else what the roles say.
	credit.may_answer = (hold) => hold.may_release ?? credit.may_act_for(hold.required_role);
	credit.may_advise = (hold) => hold.may_advise ?? credit.is_credit_role();

	// Starts a way out.
	credit.take_way = ({ frm, way, hold, view, reference, done }) => {
		const focus = (field) => {
			frm.scroll_to_field(field);
			frm.fields_dict[field].set_focus?.();
		};
		const starts = {
			pay: () =>
				view.overdue_items?.length ? credit.show_open_items(view, way) : list_open_items(reference),
			prepay: () =>
				frappe.model.can_create("Payment Entry")
					? credit.enter_payment(reference.doctype, reference.name, way.amount)
					: credit.request_payment(reference.doctype, reference.name),
			reduce: () => credit.split(hold, view, done),
			secure: () =>
				register_security(reference, {
					customer: reference.customer,
					company: reference.company,
					amount: way.amount,
					currency: view.currency,
					credit_hold: hold?.name,
				}),
			shorten_terms: () => focus("payment_terms_template"),
			add_po: () => focus("po_no"),
			assess: () => credit.new_profile(reference.customer, reference.company),
			review: () => frappe.set_route("Form", "Credit Profile", view.profile),
			lift: () => credit.open_holds_of(reference.customer, reference.company),
			approve: () => {
				if (credit.may_answer(hold)) credit.release(hold, done);
				else if (credit.may_advise(hold)) credit.advise(hold, done);
				else credit.request_release(hold, done);
			},
		};
		starts[way.kind]?.();
	};

	function hold_intro(hold) {
		const reasons = (hold.reasons || []).map((row) => `<li>${credit.esc(row.message)}</li>`).join("");
		return `<p>${credit
			.esc(hold.reference_name)
			.bold()}</p><ul class="b2b-credit__reasons">${reasons}</ul>`;
	}

	function told(message, indicator, seconds = 5) {
		frappe.show_alert({ message, indicator }, seconds);
	}
})();
