// Limit Request: who decides and by when, what the limit would free, and the buttons to answer.
(() => {
	const credit = b2b_contracts.credit;
	const api = (method) => `${credit.LIMITS}.${method}`;

	frappe.ui.form.on("Limit Request", {
		setup(frm) {
			frm.set_query("sales_order", () => ({
				filters: { customer: frm.doc.customer, company: frm.doc.company, docstatus: 1 },
			}));
		},
		refresh(frm) {
			frm.set_intro("");
			if (frm.is_new()) return;
			frm.disable_save();
			credit.load_panel(
				frm,
				() => load(frm),
				(loaded) => draw(frm, loaded)
			);
		},
	});

	async function load({ doc }) {
		const [state] = await Promise.all([
			credit.post(api("limit_request_state"), { request: doc.name }),
			credit.meet([doc.requested_by, doc.decided_by]),
		]);
		return state;
	}

	function draw(frm, state) {
		const { doc } = frm;
		const is_open = doc.status === "Open";
		const colour = { Approved: "green", "Approved in Part": "blue", Rejected: "red", Open: "orange" };
		const $panel = credit.show_panel(
			frm,
			{
				color: colour[doc.status] || "gray",
				word: __(doc.status, null, "Limit Request"),
				headline: headline(doc, state),
				asides: is_open ? asides(state) : [],
				notes: notes(doc, state),
				buttons: buttons(state),
			},
			handlers(frm, state)
		);
		if (is_open) $panel.find(".b2b-credit__head").after(credit.limit_effect_html(state));
	}

	function headline(doc, { current_limit, currency }) {
		const amount = (value) => format_currency(value, currency);
		if (doc.status === "Open") {
			return doc.valid_until
				? __("{0} instead of {1}, until {2}.", [
						amount(doc.requested_limit),
						amount(current_limit),
						frappe.datetime.str_to_user(doc.valid_until),
				  ])
				: __("{0} instead of {1}, lasting.", [amount(doc.requested_limit), amount(current_limit)]);
		}
		if (!doc.granted_limit) return __("No higher limit was granted.");
		return doc.granted_until
			? __("{0} is granted until {1}.", [
					amount(doc.granted_limit),
					frappe.datetime.str_to_user(doc.granted_until),
			  ])
			: __("{0} is granted.", [amount(doc.granted_limit)]);
	}

	function asides({ required_role, minutes_left }) {
		const found = [__("Decided by {0}", [credit.esc(__(required_role)).bold()])];
		if (minutes_left !== null) {
			found.push(
				`<span class="indicator ${credit.clock_colour(minutes_left)}">${credit.esc(
					credit.clock_text(minutes_left)
				)}</span>`
			);
		}
		return found;
	}

	function notes(doc, { over_percent, why_not, may_reject, required_role }) {
		const found = [
			__("Asked by {0}: {1}", [credit.person(doc.requested_by), credit.esc(doc.reason)]),
		];
		if (doc.status === "Open") {
			found.push(
				over_percent >= credit.NO_PERCENTAGE
					? __("Nothing is granted to this customer without approval.")
					: __("That is {0} over what the segment gives.", [
							credit.esc(credit.percent(over_percent)),
					  ])
			);
			if (why_not && (may_reject || credit.may_act_for(required_role))) found.push(credit.esc(why_not));
		} else if (doc.decided_by) {
			found.push(__("{0}: {1}", [credit.person(doc.decided_by), credit.esc(doc.remark)]));
		}
		return found;
	}

	function buttons({ may_decide, may_reject, may_withdraw }) {
		return [
			...(may_decide ? [{ action: "approve", label: __("Approve"), primary: true }] : []),
			...(may_reject ? [{ action: "reject", label: __("Reject", null, "Limit Request") }] : []),
			...(may_withdraw ? [{ action: "withdraw", label: __("Withdraw") }] : []),
		];
	}

	function handlers(frm, state) {
		const { doc } = frm;
		const done = () => frm.reload_doc();
		const ask = (options) =>
			credit.ask_reason({ label: __("Remark"), as: "remark", args: { request: doc.name }, done, ...options });
		return {
			approve: () =>
				ask({
					title: __("Approve the limit"),
					method: api("approve_limit"),
					primary_label: __("Approve"),
					fields: [
						{
							fieldtype: "Currency",
							fieldname: "granted_limit",
							label: __("Granted limit"),
							default: doc.requested_limit,
							description: __("Asked for: {0}. Less is a part.", [
								format_currency(doc.requested_limit, state.currency),
							]),
							reqd: 1,
						},
						{
							fieldtype: "Date",
							fieldname: "valid_until",
							label: __("Until"),
							default: doc.valid_until,
							description: doc.valid_until ? "" : __("Empty = lasting."),
							reqd: doc.valid_until ? 1 : 0,
						},
					],
				}),
			reject: () =>
				ask({
					title: __("Reject the request"),
					method: api("reject_limit"),
					primary_label: __("Reject", null, "Limit Request"),
					description: __("Whoever asked reads it."),
				}),
			withdraw: () =>
				ask({
					title: __("Withdraw the request"),
					method: api("withdraw_limit"),
					as: "reason",
					primary_label: __("Withdraw"),
				}),
		};
	}
})();
