// What all reports of the app share in the desk: filters, cells that open documents, lights, unknown figures.
//
// A report's own file says `frappe.query_reports["Name"] = b2b_contracts.reports.define({ filters: […] })`.
frappe.provide("b2b_contracts.reports");

Object.assign(b2b_contracts.reports, {
	COLOUR: { Red: "red", Yellow: "yellow", Green: "green", Grey: "gray", Blue: "blue" },

	define(settings) {
		return Object.assign({}, settings, {
			formatter: (value, row, column, data, default_formatter) =>
				this.cell(settings, value, row, column, data, default_formatter),
			onload: (report) => {
				report.page.add_inner_button(__("Excel"), () => this.take_along(report));
				return settings.onload?.(report);
			},
		});
	},

	// The rows as a workbook: the server runs the report again, for the same user and with the same filters.
	async take_along(report) {
		const filters = report.get_filter_values(true);
		if (!filters) return;
		const labels = Object.fromEntries(
			report.filters.map((filter) => [filter.df.fieldname, filter.df.label])
		);
		const asked = new FormData();
		asked.append("report_name", report.report_name);
		asked.append("filters", JSON.stringify(filters));
		asked.append("labels", JSON.stringify(labels));
		frappe.dom.freeze(__("Writing the workbook…"));
		try {
			const answer = await fetch("/api/method/b2b_contracts.reports_api.export", {
				method: "POST",
				headers: { "X-Frappe-CSRF-Token": frappe.csrf_token, Accept: "application/json" },
				body: asked,
			});
			if (!answer.ok) return this.say_why_not(await answer.json().catch(() => ({})));
			const link = document.createElement("a");
			link.href = URL.createObjectURL(await answer.blob());
			link.download = `${__(report.report_name)} ${frappe.datetime.get_today()}.xlsx`;
			link.click();
			setTimeout(() => URL.revokeObjectURL(link.href), 60000);
		} catch {
			frappe.msgprint(__("The server did not answer. Try again."));
		} finally {
			frappe.dom.unfreeze();
		}
	},

	say_why_not(answer) {
		const said = JSON.parse(answer._server_messages || "[]").map((message) => JSON.parse(message).message);
		frappe.msgprint({
			title: __("Excel"),
			message: said.join("<br>") || __("The workbook could not be made. Look into the Error Log."),
			indicator: "red",
		});
	},

	cell(settings, value, row, column, data, default_formatter) {
		const credit = b2b_contracts.credit;
		// Unknown is not 0.
		if (data && data[column.fieldname] === null && ["Percent", "Float"].includes(column.fieldtype))
			return '<div style="text-align: right">–</div>';
		const shown = settings.formatter
			? settings.formatter(value, row, column, data, default_formatter)
			: default_formatter(value, row, column, data);
		if (!data || [null, undefined, ""].includes(value)) return shown;
		if (column.opens) {
			const name = data[column.opens_by || column.fieldname];
			return name ? credit.link(column.opens, name, value) : shown;
		}
		const is_link = /<a[\s>]/.test(shown);
		if (column.pill && data[column.pill] && !is_link) return this.pill(shown, data[column.pill], column);
		return shown;
	},

	// A value as it is written, on the colour of its light; numbers stay on the right.
	pill(shown, light, column) {
		const text = $("<div>").html(shown).text().trim();
		const pill = b2b_contracts.credit.pill(text, this.COLOUR[light]);
		const is_number = ["Currency", "Float", "Int", "Percent"].includes(column.fieldtype);
		return is_number ? `<div style="text-align: right">${pill}</div>` : pill;
	},

	// ------------------------------------------------------------------ filters
	company(more) {
		return {
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
			reqd: 1,
			...more,
		};
	},

	companies(more) {
		return {
			fieldname: "company",
			label: __("Company"),
			fieldtype: "MultiSelectList",
			get_data: (text) => frappe.db.get_link_options("Company", text),
			default: [frappe.defaults.get_user_default("Company")].filter(Boolean),
			...more,
		};
	},

	customer(more) {
		return { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer", ...more };
	},

	// One of some English words, shown in the user's language.
	choice(fieldname, label, words, more) {
		return {
			fieldname,
			label,
			fieldtype: "Select",
			options: words.map((value) => ({ value, label: value ? __(value) : "" })),
			default: words[0],
			...more,
		};
	},

	day(fieldname, label, more) {
		return { fieldname, label, fieldtype: "Date", default: frappe.datetime.get_today(), ...more };
	},

	// What is behind a line, in the same report: a link that sets filters, and what follows it (once, as the report loads).
	narrowed(filters, shown) {
		const report = frappe.query_report;
		const asked = { ...report.get_filter_values(), ...filters };
		const words = Object.entries(asked)
			.filter(([, value]) => !Array.isArray(value))
			.map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
		const wanted = frappe.utils.escape_html(JSON.stringify(filters));
		return `<a href="/app/query-report/${report.report_name}?${words.join("&")}" data-narrowed="${wanted}">${shown}</a>`;
	},

	follow_narrowed(report) {
		report.page.body.on("click", "[data-narrowed]", (event) => {
			// In another window the address says it all; here a link to the same report would change nothing.
			if (event.ctrlKey || event.metaKey) return true;
			report.set_filter_value(JSON.parse(event.currentTarget.getAttribute("data-narrowed")));
			return false;
		});
	},

	months_ago(months) {
		return frappe.datetime.add_months(frappe.datetime.get_today(), -months);
	},
});
