// The controller's queue: what is open, the most urgent first, answered one by one or together.
(() => {
	const credit = b2b_contracts.credit;
	// Frappe shows as many columns as the screen has room for; the queue needs these, whatever the screen.
	const COLUMNS = ["reference_name", "order_amount", "required_role", "response_due"];

	frappe.listview_settings["Credit Hold"] = {
		add_fields: [
			"status",
			"action",
			"currency",
			"response_due",
			"required_role",
			"reference_doctype",
			"order_amount",
			"is_premium",
		],
		filters: [["status", "=", "Open"]],
		hide_name_column: true,
		hide_name_filter: false,
		get_indicator(doc) {
			if (doc.status === "Open" && doc.action !== "Hold") {
				const colour = doc.action === "Stop" ? "red" : "orange";
				return [__(doc.action, null, "Credit Hold"), colour, `action,=,${doc.action}|status,=,Open`];
			}
			return [
				__(doc.status, null, "Credit Hold"),
				credit.HOLD_COLOUR[doc.status],
				`status,=,${doc.status}`,
			];
		},
		formatters: {
			reference_name(value, df, doc) {
				const what =
					doc.reference_doctype === "Credit Profile" ? __("The whole customer") : credit.esc(value);
				return doc.is_premium && doc.status === "Open"
					? `${what} ${credit.pill(__("Premium", null, "Credit List Entry"), "green")}`
					: what;
			},
			order_amount(value, df, doc) {
				return doc.reference_doctype === "Credit Profile" ? "" : credit.money(value, doc.currency);
			},
			response_due(value, df, doc) {
				if (doc.status !== "Open" || !value) return "";
				const minutes = credit.minutes_until(value);
				const title = credit.esc(frappe.datetime.str_to_user(value));
				return `<span class="indicator ${credit.clock_colour(minutes)}" title="${title}">${credit.esc(
					credit.clock_text(minutes)
				)}</span>`;
			},
		},
		onload(listview) {
			sort_by_clock(listview);
			set_columns(listview);
			for (const [action, label] of [
				["release", __("Release")],
				["reject", __("Reject", null, "Credit Hold")],
			]) {
				listview.page.add_actions_menu_item(label, () => answer_many(listview, action, label), true);
			}
		},
		refresh: show_reasons,
	};

	// Unless somebody has sorted it another way before.
	function sort_by_clock(listview) {
		if (listview.view_user_settings?.sort_by) return;
		listview.sort_by = "response_due";
		listview.sort_order = "asc";
		listview.sort_selector?.set_value?.("response_due", "asc");
	}

	function set_columns(listview) {
		if (listview.list_view_settings?.fields) return; // chosen by somebody
		const fixed = listview.columns.filter(
			(column) => column.type === "Subject" || column.type === "Status"
		);
		const fields = COLUMNS.map((fieldname) => ({
			type: "Field",
			df: frappe.meta.get_docfield("Credit Hold", fieldname),
		}));
		listview.columns = [...fixed, ...fields];
		listview.$result.addClass("b2b-queue");
		listview.render_header(true);
	}

	// A line with the reasons below each row, in one query for the page.
	async function show_reasons(listview) {
		const names = listview.data.map((doc) => doc.name);
		if (!names.length) return;
		const { message: rows } = await frappe.call({
			method: "frappe.client.get_list",
			args: {
				doctype: "Credit Hold Reason",
				parent: "Credit Hold",
				fields: ["parent", "message"],
				filters: { parent: ["in", names], parenttype: "Credit Hold" },
				order_by: "parent, idx",
				limit_page_length: 0,
			},
		});
		const messages = {};
		for (const row of rows || []) (messages[row.parent] ||= []).push(row.message);
		listview.$result.find(".list-row-container").each((_n, element) => {
			const name = $(element).find(".list-row-checkbox").attr("data-name");
			$(element).find(".b2b-queue__reason").remove();
			const text = (messages[decodeURIComponent(name || "")] || []).join(" ");
			if (text) $("<div class='b2b-queue__reason'>").text(text).appendTo(element);
		});
	}

	function answer_many(listview, action, label) {
		const holds = listview.get_checked_items();
		if (!holds.length) return;
		const names = holds.map((hold) => hold.reference_name || hold.name);
		const more = names.length > 10 ? ` … (+${names.length - 10})` : "";
		credit.ask_reason({
			title: __("{0}: {1} holds", [label, holds.length]),
			intro: `<p>${credit.esc(names.slice(0, 10).join(", ") + more)}</p>`,
			description: __("Kept with each decision."),
			method: "answer_many",
			args: { holds: holds.map((hold) => hold.name), action },
			primary_label: label,
			done: (answer) => {
				tell(answer, label);
				listview.clear_checked_items();
				listview.refresh();
			},
		});
	}

	function tell({ done, failed }, label) {
		if (!failed.length) {
			frappe.show_alert({ message: __("{0}: {1} done", [label, done.length]), indicator: "green" });
			return;
		}
		const rows = failed.map(
			(row) => `<li>${credit.link("Credit Hold", row.name)}: ${credit.esc(row.error)}</li>`
		);
		frappe.msgprint({
			title: __("{0}: {1} done, {2} refused", [label, done.length, failed.length]),
			message: `<ul>${rows.join("")}</ul>`,
			indicator: done.length ? "orange" : "red",
		});
	}
})();
