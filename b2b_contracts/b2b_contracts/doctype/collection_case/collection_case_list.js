(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collection_cases_api";

	frappe.listview_settings["Collection Case"] = {
		add_fields: ["status", "currency"],
		get_indicator(doc) {
			const colour = {
				Draft: "orange",
				"Notice Sent": "blue",
				Ready: "red",
				"Handed Over": "purple",
				"With Agency": "purple",
				Paid: "green",
				Returned: "gray",
				"Written Off": "gray",
				Cancelled: "gray",
			}[doc.status];
			return [__(doc.status, null, "Collection Case"), colour, `status,=,${doc.status}`];
		},
		onload(list) {
			if (!frappe.perm.has_perm("Collection Case", 0, "write")) return;
			list.page.add_actions_menu_item(__("Export for the agency (CSV)"), () => send(list, "CSV"));
			list.page.add_actions_menu_item(__("Export for the agency (Excel)"), () => send(list, "Excel"));
			list.page.add_menu_item(__("Status file of an agency"), () => ask_for_file(list));
		},
	};

	const send = (list, file_type) =>
		open_url_post(`/api/method/${API}.export_cases`, { cases: list.get_checked_items(true), file_type });

	// A file is looked at first; only one without a bad row can be carried out.
	function ask_for_file(list) {
		const dialog = new frappe.ui.Dialog({
			title: __("Status file of an agency"),
			size: "large",
			fields: [
				{
					fieldname: "file",
					fieldtype: "HTML",
					options: `<input type="file" accept=".csv,text/csv" class="b2b-status-file"><p class="help-box small text-muted">${__(
						"A CSV with the columns case, status, agency_reference, date, amount_paid, payment_reference, note."
					)}</p>`,
				},
				{ fieldname: "seen", fieldtype: "HTML" },
			],
			primary_action_label: __("Carry out"),
			async primary_action() {
				dialog.disable_primary_action();
				await frappe.xcall(`${API}.apply_status_file`, { content: dialog.b2b_content });
				dialog.hide();
				list.refresh();
			},
		});
		dialog.disable_primary_action();
		dialog.show();
		dialog.$wrapper.find(".b2b-status-file").on("change", async ({ target }) => {
			dialog.disable_primary_action();
			if (!target.files.length) return;
			dialog.b2b_content = await target.files[0].text();
			const seen = await frappe.xcall(`${API}.check_status_file`, { content: dialog.b2b_content });
			dialog.get_field("seen").$wrapper.html(seen_html(seen));
			if (!seen.problems.length && seen.will.length) dialog.enable_primary_action();
		});
	}

	function seen_html({ rows, will, problems }) {
		if (problems.length) {
			const lines = problems.map(
				(p) => `<tr><td>${p.row}</td><td>${credit.esc(p.column)}</td><td>${credit.esc(
					p.value
				)}</td><td class="b2b-credit__text">${credit.esc(p.problem)}</td></tr>`
			);
			return `<p class="text-danger">${__("Nothing is done while a row is bad.")}</p>${table(
				[__("Row"), __("Column"), __("Value"), __("Problem")],
				lines
			)}`;
		}
		if (!will.length) return `<p>${__("{0} rows, and all of it is done already.", [rows])}</p>`;
		const lines = will.map(
			(w) => `<tr><td>${w.row}</td><td>${credit.esc(w.case)}</td><td>${credit.esc(w.text)}</td></tr>`
		);
		return table([__("Row"), __("Case"), __("What it does")], lines);
	}

	const table = (heads, lines) =>
		`<table class="table b2b-credit__table"><thead><tr>${heads
			.map((head) => `<th>${head}</th>`)
			.join("")}</tr></thead><tbody>${lines.join("")}</tbody></table>`;
})();
