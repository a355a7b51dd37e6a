// Exports the trade of companies as a book, which a credit policy can be replayed over. A job writes it.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	const MONTHS = 24;
	const ROLES = ["CFO", "Credit Auditor", "Credit Manager", "Finance Director", "System Manager"];
	// The jobs that were started from this page.
	const mine = new Set();
	let listens = false;

	// The server decides; this only spares a button that would be refused.
	credit.may_export_book = () => ROLES.some((role) => frappe.user.has_role(role));

	credit.export_book = (company) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Export book"),
			fields: [
				{
					fieldtype: "HTML",
					fieldname: "intro",
					options: `<p>${__(
						"A book holds what customers ordered, got, were billed and paid, and how they were judged. A credit policy can be replayed over it, to see what it would have held."
					)}</p>`,
				},
				{
					fieldtype: "MultiSelectPills",
					fieldname: "companies",
					label: __("Companies"),
					reqd: 1,
					get_data: (txt) => frappe.db.get_link_options("Company", txt),
				},
				{
					fieldtype: "Date",
					fieldname: "from_date",
					label: __("From Date"),
					reqd: 1,
					default: frappe.datetime.add_months(frappe.datetime.get_today(), -MONTHS),
					description: __("What was open on that day is in the book too."),
				},
				{
					fieldtype: "Date",
					fieldname: "to_date",
					label: __("To Date"),
					reqd: 1,
					default: frappe.datetime.get_today(),
				},
				{
					fieldtype: "Check",
					fieldname: "anonymise",
					label: __("Without names"),
					description: __(
						"Customers, companies, groups and documents get new names; purchase order numbers and written reasons are left out. Amounts and dates stay."
					),
				},
			],
			primary_action_label: __("Export"),
			async primary_action(values) {
				dialog.disable_primary_action();
				try {
					await start(values);
					dialog.hide();
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		dialog.show();
		if (company) dialog.set_value("companies", [company]);
		return dialog;
	};

	async function start(values) {
		listen();
		const { job } = await frappe.xcall("b2b_contracts.backtest_api.export_book", values);
		mine.add(job);
		frappe.show_alert({
			message: __("The book is being written. You are told when it is ready."),
			indicator: "blue",
		});
	}

	function listen() {
		if (listens) return;
		listens = true;
		frappe.realtime.on("b2b_book_export", (told) => {
			if (!mine.has(told.job)) return;
			if (told.progress !== undefined) {
				frappe.show_progress(__("Export book"), told.progress, 100, told.text);
				return;
			}
			mine.delete(told.job);
			frappe.hide_progress();
			frappe.msgprint(told.error ? failed(told.error) : ready(told));
		});
	}

	function ready({ file_url, file_name, rows }) {
		const sheets = Object.entries(rows).filter(([, count]) => count);
		const lines = sheets.map(
			([sheet, count]) =>
				`<tr><td>${credit.esc(sheet)}</td><td class="text-right">${format_number(
					count,
					null,
					0
				)}</td></tr>`
		);
		return {
			title: __("The book is ready"),
			indicator: "green",
			message: `<p><a href="${credit.esc(encodeURI(file_url))}" download>${credit.esc(
				file_name
			)}</a></p><p class="text-muted">${__("Nobody but you can open this file.")}</p>
				<table class="table b2b-credit__table"><thead><tr><th>${__("Sheet")}</th><th class="text-right">${__(
				"Rows"
			)}</th></tr></thead><tbody>${lines.join("")}</tbody></table>`,
		};
	}

	function failed(error) {
		return {
			title: __("Export book"),
			indicator: "red",
			message: __("The book could not be exported: {0}", [credit.esc(error)]),
		};
	}
})();
