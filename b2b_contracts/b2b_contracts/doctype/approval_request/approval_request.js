// Approval Request: who decides, and the buttons of whoever may.
(() => {
	const credit = b2b_contracts.credit;
	const remark = (reqd) => ({
		fieldtype: "Small Text",
		fieldname: "remark",
		label: __("Remark"),
		description: __("Kept with the decision."),
		reqd,
	});

	frappe.ui.form.on("Approval Request", {
		refresh(frm) {
			frm.set_intro("");
			if (frm.is_new()) return;
			frm.disable_save();
			if (frm.doc.status !== "Open") return;
			const { may_approve, may_minute, may_ask_the_board, why_not_approve } = frm.doc.__onload || {};
			if (may_approve) add_answers(frm);
			else if (why_not_approve) frm.set_intro(credit.esc(why_not_approve), "orange");
			if (may_minute) add_minutes(frm);
			if (may_ask_the_board)
				frm.add_custom_button(__("Ask the Board by mail"), () => credit.ask_the_board(frm));
			if (frm.doc.requested_by === frappe.session.user)
				frm.add_custom_button(__("Withdraw"), () => credit.withdraw_request(frm));
			show_clock(frm);
		},
	});

	function add_answers(frm) {
		const answer = (method, title, fields) => () => credit.answer_request(frm, method, title, fields);
		const approve = __("Approve");
		const reject = __("Reject", null, "Credit Hold");
		frm.add_custom_button(reject, answer("reject", reject, [remark(1)]));
		frm.add_custom_button(approve, answer("approve", approve, [remark(0)])).addClass("btn-primary");
	}

	function add_minutes(frm) {
		const group = __("The Board has decided");
		const answer = (method, title, reqd) => () =>
			credit.answer_request(frm, method, title, [credit.minutes_field(), remark(reqd)]);
		frm.add_custom_button(__("Approved"), answer("approve", __("Minute an approval"), 0), group);
		frm.add_custom_button(__("Rejected"), answer("reject", __("Minute a rejection"), 1), group);
	}

	function show_clock(frm) {
		const minutes_left = credit.minutes_until(frm.doc.response_due);
		frm.dashboard.add_indicator(credit.clock_text(minutes_left), credit.clock_colour(minutes_left));
	}
})();
