// Asks for what takes a mandate, and says beforehand whether that is one's own or who decides; and answers what was asked.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.approvals_api";
	const REQUEST = "Approval Request";

	const call = async (method, args) =>
		(await frappe.call({ method: `${API}.${method}`, args, freeze: true })).message;

	credit.REQUEST_COLOUR = {
		Open: "orange",
		Approved: "green",
		Rejected: "red",
		Withdrawn: "gray",
		Lapsed: "gray",
	};

	// What each action asks for beside the reason.
	const FIELDS = {
		"Cash Discount": () => [{ fieldtype: "Percent", fieldname: "discount_percent", reqd: 1 }],
		"Due Date Change": () => [{ fieldtype: "Date", fieldname: "new_due_date", reqd: 1 }],
		"Write-off": () => [
			{ fieldtype: "Select", fieldname: "loss_ground", reqd: 1 },
			{ fieldtype: "Check", fieldname: "reclaim_vat", default: 1 },
		],
		"Fee Waiver": () => [],
		"Interest Waiver": () => [],
	};
	const TITLES = {
		"Cash Discount": () => __("Ask for discount"),
		"Due Date Change": () => __("Change due date"),
		"Write-off": () => __("Propose write-off"),
		"Fee Waiver": () => __("Waive fee"),
		"Interest Waiver": () => __("Waive interest"),
	};

	credit.add_request_buttons = (frm, actions) => {
		if (!frappe.model.can_create(REQUEST)) return;
		for (const action of actions) {
			frm.add_custom_button(
				TITLES[action](),
				() => credit.ask_for({ action, doctype: frm.doctype, name: frm.docname, done: () => frm.reload_doc() }),
				__("Credit")
			);
		}
	};

	// `invoices` lets people choose who may not open the document: rows of {sales_invoice, due_date, outstanding, currency}.
	credit.ask_for = async ({ action, doctype, name, invoices, done }) => {
		await frappe.model.with_doctype(REQUEST);
		const dialog = new frappe.ui.Dialog({
			title: TITLES[action](),
			fields: [
				...(invoices ? [invoice_field(invoices)] : []),
				...FIELDS[action]().map(as_on_the_form),
				as_on_the_form({ fieldtype: "Small Text", fieldname: "reason", reqd: 1 }),
				{ fieldtype: "HTML", fieldname: "who" },
			],
			primary_action_label: __("Send"),
			async primary_action({ reason, invoice, ...values }) {
				dialog.disable_primary_action();
				try {
					const args = { action, reference_doctype: doctype, reference_name: invoice || name };
					const made = await call("ask", { ...args, reason, values });
					dialog.hide();
					say_what_happens(made);
					done?.(made);
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		const preview = frappe.utils.debounce(() => say_who_decides(dialog, { action, doctype, name, invoices }), 300);
		for (const field of dialog.fields_list) {
			if (field.df.fieldname === "reason") continue;
			field.df.onchange = preview;
			field.$input?.on("input", preview);
		}
		dialog.show();
		preview();
		return dialog;
	};

	// For sellers, who may not read the invoices of their customers.
	credit.ask_for_customer = async ({ action, customer, company }) => {
		const { message: invoices } = await frappe.call({
			method: "b2b_contracts.collections_api.disputable_invoices",
			args: { customer, company },
			freeze: true,
		});
		if (invoices.length) return credit.ask_for({ action, doctype: "Sales Invoice", invoices });
		frappe.msgprint(__("{0} owes nothing in {1}.", [credit.esc(customer), credit.esc(company)]));
	};

	function invoice_field(invoices) {
		return {
			fieldtype: "Select",
			fieldname: "invoice",
			label: __("Sales invoice"),
			reqd: 1,
			options: invoices.map((row) => ({
				value: row.sales_invoice,
				label: `${row.sales_invoice}, ${format_currency(
					row.outstanding,
					row.currency
				)}, ${frappe.datetime.str_to_user(row.due_date)}`,
			})),
			default: invoices[0].sales_invoice,
		};
	}

	// A field in the words of the Approval Request form.
	function as_on_the_form(field) {
		const { label, description, options } = frappe.meta.get_docfield(REQUEST, field.fieldname);
		const choices = (options || "").split("\n");
		return {
			...field,
			label: __(label, null, REQUEST),
			description: description && __(description, null, REQUEST),
			...(field.fieldtype === "Select" && {
				options: choices.map((value) => ({ value, label: value && __(value, null, REQUEST) })),
			}),
		};
	}

	async function say_who_decides(dialog, { action, doctype, name, invoices }) {
		const $who = dialog.get_field("who").$wrapper;
		const fields = FIELDS[action]();
		// Not `get_values`: it empties a field that is being typed into.
		const values = Object.fromEntries(
			fields.map(({ fieldname }) => [fieldname, dialog.get_value(fieldname)])
		);
		if (fields.some(({ fieldname, reqd }) => reqd && !values[fieldname])) {
			$who.empty();
			return;
		}
		// An answer to what was typed before must not overwrite that to what is typed now.
		const number = (dialog.b2b_preview = (dialog.b2b_preview || 0) + 1);
		const seen = await credit.post(`${API}.preview_request`, {
			action,
			reference_doctype: doctype,
			reference_name: (invoices && dialog.get_value("invoice")) || name,
			values,
		});
		if (number !== dialog.b2b_preview) return;
		$who.empty();
		if (!seen) return;
		if (seen.why_not) {
			$who.html(`<div class="b2b-credit__who text-danger">${credit.esc(seen.why_not)}</div>`);
			return;
		}
		const amounts = [
			seen.amount ? __("Gives away {0}.", [credit.money(seen.amount, seen.currency)]) : "",
			seen.interest_cost
				? __("The longer terms cost {0} in interest.", [credit.money(seen.interest_cost, seen.currency)])
				: "",
		];
		const who = seen.at_once
			? __("Within your mandate: it is carried out as you send it.")
			: __("Takes the role {0} or higher. {1}", [
					credit.esc(__(seen.required_role)),
					credit.esc(seen.whom_to_ask),
			  ]);
		$who.html(
			`<div class="b2b-credit__who">${credit.pill(seen.measured, "gray")} ${amounts
				.filter(Boolean)
				.join(" ")}<div class="${seen.at_once ? "text-success" : "b2b-credit__waits"}">${who}</div></div>`
		);
	}

	function say_what_happens({ name, status, required_role, response_due, result_doctype, result_name }) {
		const request = credit.link(REQUEST, name);
		const is_done = status === "Approved";
		const due = response_due && frappe.datetime.str_to_user(response_due);
		frappe.msgprint({
			title: is_done ? __("Approved and carried out") : __("Waits for approval"),
			indicator: is_done ? "green" : "orange",
			message: is_done
				? result_name
					? __("{0} is within your mandate. It was carried out by {1}.", [
							request,
							credit.link(result_doctype, result_name),
					  ])
					: __("{0} is within your mandate and was carried out.", [request])
				: __("{0} waits for the role {1} or higher, who have been told. You get an answer by {2}.", [
						request,
						credit.esc(__(required_role)),
						due,
				  ]),
		});
	}

	// ---------------------------------------------------------------- answers
	credit.answer_request = (frm, method, title, fields) => {
		const dialog = new frappe.ui.Dialog({
			title,
			fields,
			primary_action_label: title,
			async primary_action(values) {
				dialog.disable_primary_action();
				try {
					await call(method, { request: frm.doc.name, ...values });
					dialog.hide();
					frm.reload_doc();
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
		return dialog;
	};

	// Mails the members of the Board a link each.
	credit.ask_the_board = (frm) =>
		frappe.confirm(
			__("Each member of the Board gets a link by mail to decide {0}. It is good for one answer.", [
				credit.esc(frm.doc.name).bold(),
			]),
			async () => {
				const asked = await call("ask_the_board", { doctype: frm.doctype, name: frm.doc.name });
				await credit.meet(asked);
				frappe.show_alert({
					message: __("Sent to {0}.", [asked.map((user) => credit.person(user)).join(", ")]),
					indicator: "green",
				});
				frm.reload_doc();
			}
		);

	credit.minutes_field = () => ({
		fieldtype: "Attach",
		fieldname: "minutes",
		label: __("Minutes of the Board"),
		reqd: 1,
	});

	credit.withdraw_request = async (frm) => {
		await call("withdraw", { request: frm.doc.name });
		frm.reload_doc();
	};
})();
