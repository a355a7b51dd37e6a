// Dunning Run: plan it, look through what would be sent, leave some out, send it.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.dunning_api";
	const UNDER_WAY = ["Planning", "Sending"];
	const SECONDS_BETWEEN_QUESTIONS = 3;
	const COLOUR = {
		Planned: "blue",
		Skipped: "gray",
		Sending: "orange",
		Queued: "blue",
		Sent: "green",
		Failed: "red",
		Unclear: "orange",
	};

	frappe.ui.form.on("Dunning Run", {
		setup(frm) {
			frm.set_query("flow", () => ({ filters: { enabled: 1 } }));
			frm.set_query("collector", () => ({
				query: "frappe.core.doctype.user.user.user_query",
			}));
		},
		refresh(frm) {
			add_buttons(frm);
			say_how_it_stands(frm);
			draw_notices(frm);
			ask_again(frm);
		},
	});

	function add_buttons(frm) {
		if (frm.is_new() || !frm.perm[0]?.write) return;
		const { status } = frm.doc;
		if (status === "Draft") primary(frm, __("Plan"), () => call(frm, "plan_run"));
		if (status === "Planned") {
			primary(frm, __("Send"), () => ask_to_send(frm));
			frm.add_custom_button(__("Plan anew"), () => call(frm, "plan_run"));
		}
		if (["Draft", "Planning", "Planned"].includes(status))
			frm.add_custom_button(__("Give up"), () => call(frm, "cancel_run"));
	}

	function primary(frm, label, action) {
		frm.add_custom_button(label, action).addClass("btn-primary");
	}

	function ask_to_send(frm) {
		const { planned, amount, currency } = frm.doc;
		frappe.confirm(
			__("{0} notices over {1} are sent now. What was sent cannot be called back.", [
				planned,
				credit.money(amount, currency),
			]),
			() => call(frm, "send_run")
		);
	}

	async function call(frm, method) {
		try {
			await frappe.xcall(`${API}.${method}`, { name: frm.doc.name });
		} finally {
			frm.reload_doc();
		}
	}

	function say_how_it_stands(frm) {
		frm.set_intro("");
		const { status, planned, sent, skipped, failed, unclear } = frm.doc;
		const sentence = {
			Draft: () => [__("Plan it to see who would get what. Nothing is sent by that."), "blue"],
			Planning: () => [__("Being planned."), "orange"],
			Planned: () => [
				planned
					? __("{0} notices would be sent, {1} customers are skipped. Look through them, leave some out, then send.", [
							planned,
							skipped,
					  ])
					: __("Nothing is to be sent. {0} customers are skipped.", [skipped]),
				"blue",
			],
			Sending: () => [__("Being sent."), "orange"],
			Completed: () => [
				failed || unclear
					? __("{0} sent, {1} failed, {2} unclear: these need somebody.", [sent, failed, unclear])
					: __("{0} sent, {1} skipped.", [sent, skipped]),
				failed || unclear ? "orange" : "green",
			],
		}[frm.is_new() ? "" : status]?.();
		if (sentence) frm.set_intro(...sentence);
	}

	// ------------------------------------------------------------------ notices
	async function draw_notices(frm) {
		const field = frm.fields_dict.notices_html.$wrapper;
		frm.toggle_display("section_notices", !frm.is_new() && frm.doc.status !== "Draft");
		if (frm.is_new() || ["Draft", "Planning"].includes(frm.doc.status)) return field.empty();
		const { name } = frm.doc;
		const rows = await frappe.xcall(`${API}.notices`, { name });
		if (cur_frm !== frm || frm.doc.name !== name) return;
		field.html(rows.length ? table(frm, rows) : `<p class="text-muted">${__("No notices.")}</p>`);
		field.find("[data-leave-out]").on("click", (event) => {
			event.preventDefault();
			const row = rows.find((r) => r.name === event.currentTarget.dataset.leaveOut);
			row.excluded ? take_in(frm, row) : leave_out(frm, row);
		});
	}

	function table(frm, rows) {
		const may_choose = frm.doc.status === "Planned" && frappe.model.can_write("Dunning Notice");
		const heads = [
			__("Customer"),
			__("Step"),
			__("Channel"),
			__("Due"),
			__("Charges"),
			__("Total"),
			__("Status"),
			__("To know"),
		];
		const right = (amount, row) =>
			`<td class="text-right text-nowrap">${amount ? credit.money(amount, row.currency) : ""}</td>`;
		const lines = rows.map((row) => {
			const charges = row.fee + row.compensation;
			const channel = [row.channel, row.contact_channel].filter(Boolean).map((c) => __(c)).join(" + ");
			const action = may_choose && row.status === "Planned"
				? `<a href="#" data-leave-out="${credit.esc(row.name)}">${
						row.excluded ? __("Take in again") : __("Leave out")
				  }</a>`
				: "";
			return `<tr class="${row.excluded ? "text-muted" : ""}">
				<td><a href="${frappe.utils.get_form_link("Dunning Notice", row.name)}">${credit.esc(
				row.customer_name
			)}</a></td>
				<td>${credit.esc(row.step_code)}</td><td>${credit.esc(channel)}</td>
				${right(row.amount_due, row)}${right(charges, row)}${right(row.grand_total, row)}
				<td><span class="indicator-pill ${row.excluded ? "gray" : COLOUR[row.status]}">${
				row.excluded ? __("Left out") : __(row.status, null, "Dunning Notice")
			}</span></td>
				<td>${credit.esc(row.exclude_reason || row.reason_text || row.delivery_error || "")} ${action}</td></tr>`;
		});
		return `<div class="table-responsive"><table class="table table-sm table-bordered b2b-notices">
			<thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead>
			<tbody>${lines.join("")}</tbody></table></div>`;
	}

	function leave_out(frm, row) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Why it is left out"), reqd: 1 },
			({ reason }) => choose(frm, row, reason),
			__("Leave out {0}", [row.customer_name]),
			__("Leave out")
		);
	}

	const take_in = (frm, row) => choose(frm, row, "");

	async function choose(frm, row, reason) {
		await frappe.xcall(`${API}.leave_out`, { names: [row.name], reason });
		draw_notices(frm);
	}

	// ------------------------------------------------------------------ how far it is
	// Realtime may be down: ask as long as somebody looks.
	function ask_again(frm, seconds = 0) {
		clearTimeout(frm.b2b_asking);
		if (frm.is_new() || !UNDER_WAY.includes(frm.doc.status)) return;
		const { name, status } = frm.doc;
		frm.b2b_asking = setTimeout(async () => {
			if (cur_frm !== frm || frm.doc.name !== name) return;
			const news = await frappe.xcall(`${API}.run_state`, { name });
			if (cur_frm !== frm || frm.doc.name !== name) return;
			if (news.status !== status) return frm.reload_doc();
			say_how_far(frm, news);
			ask_again(frm, SECONDS_BETWEEN_QUESTIONS);
		}, 1000 * seconds);
	}

	function say_how_far(frm, news) {
		const words = [
			news.status === "Planning"
				? __("Being planned: {0} of {1} parts.", [news.done, news.of])
				: __("Being sent: {0} sent, {1} still to go.", [news.sent, news.planned]),
		];
		const may_go_on = news.stands_still && frm.perm[0]?.write;
		if (!may_go_on) frm.remove_custom_button(__("Go on"));
		else {
			words.push(
				__("Nobody works on it just now. It goes on by itself within half an hour, at once by Go on; nothing is sent twice.")
			);
			if (!frm.custom_buttons[__("Go on")]) primary(frm, __("Go on"), () => call(frm, "go_on_run"));
		}
		frm.set_intro("");
		frm.set_intro(words.join(" "), may_go_on ? "red" : "orange");
	}
})();
