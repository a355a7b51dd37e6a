(() => {
	const reports = b2b_contracts.reports;
	const credit = b2b_contracts.credit;

	frappe.query_reports["Credit KPIs"] = reports.define({
		filters: [
			reports.company(),
			reports.choice("by", __("By"), ["Month", "Segment", "Salesperson"]),
			reports.day("from_date", __("From"), { default: reports.months_ago(23) }),
			reports.day("to_date", __("Until")),
			{
				fieldname: "kpi",
				label: __("Figures"),
				fieldtype: "MultiSelectList",
				get_data: (text) => frappe.db.get_link_options("Credit KPI", text),
			},
			reports.choice("view", __("Show"), ["Months Side by Side", "Formula and Inputs"]),
			reports.choice("figures", __("Closed months"), ["As Closed", "From the Books Again"]),
			reports.choice("trend", __("Chart"), ["Figures", "Ageing", "Limits and Exposure"]),
			reports.customer(),
		],
		formatter(value, row, column, data, default_formatter) {
			if (column.asks === "figure" && data?.code) {
				return `<a class="b2b-kpi" data-code="${credit.esc(data.code)}" data-key="${credit.esc(
					data.key
				)}" href="#">${credit.esc(value)}</a>`;
			}
			return default_formatter(value, row, column, data);
		},
		onload(report) {
			$(report.page.wrapper).on("click", "a.b2b-kpi", function (event) {
				event.preventDefault();
				explain(report, String($(this).data("code")), String($(this).data("key") ?? ""));
			});
		},
	});

	// How a figure comes about: asked for on a click, month by month.
	async function explain(report, code, key) {
		const figure = await frappe.xcall("b2b_contracts.kpis_api.explained", {
			filters: report.get_filter_values(true),
			code,
			key,
		});
		const dialog = new frappe.ui.Dialog({
			title: report.get_filter_value("by") !== "Month" ? `${figure.name}: ${figure.of}` : figure.name,
			size: "extra-large",
			fields: [{ fieldtype: "HTML", fieldname: "explained" }],
			primary_action_label: __("Open {0}", [__(figure.opens.report)]),
			primary_action() {
				dialog.hide();
				open_behind(figure);
			},
			secondary_action_label: __("Targets and limits"),
			secondary_action() {
				dialog.hide();
				frappe.set_route("Form", "Credit KPI", figure.record);
			},
		});
		dialog.fields_dict.explained.$wrapper.html(shown(figure));
		dialog.show();
	}

	function open_behind(figure) {
		const { report, day } = figure.opens;
		const filters = { company: figure.company };
		if (day && figure.months.length) filters[day] = figure.months[0].day;
		frappe.set_route("query-report", report, filters);
	}

	function shown(figure) {
		const esc = credit.esc.bind(credit);
		const inputs = figure.months.length ? figure.months[0].inputs.map((input) => input.name) : [];
		const head = [__("Month"), __("Value"), ...inputs, __("Of"), __("Source")];
		const rows = figure.months.map((month) => {
			const value = credit.pill(month.value, reports.COLOUR[month.light]);
			const cells = [
				esc(month.month),
				value + was(month.is_changed ? month.taken : null),
				...month.inputs.map((input) => esc(input.value) + was(input.taken)),
				esc(month.of_months),
				esc(month.source),
			];
			return `<tr>${cells
				.map((cell, at) => `<td${at > 0 && at <= inputs.length + 1 ? ' class="text-right" style="white-space: nowrap"' : ""}>${cell}</td>`)
				.join("")}</tr>`;
		});
		const facts = [
			[__("Formula"), figure.formula],
			[__("Numbers from"), figure.numbers_from],
			[__("Owner"), figure.owner],
			[__("Target"), number(figure.target)],
			[__("Yellow beyond"), number(figure.yellow)],
			[__("Red beyond"), number(figure.red)],
		].filter(([, value]) => value);
		return `
			<dl class="row b2b-kpi-facts">${facts
				.map(
					([name, value]) =>
						`<dt class="col-sm-2">${esc(name)}</dt><dd class="col-sm-10">${esc(value)}</dd>`
				)
				.join("")}</dl>
			<div style="overflow-x: auto"><table class="table table-bordered table-sm">
				<thead><tr>${head.map((label) => `<th>${esc(label)}</th>`).join("")}</tr></thead>
				<tbody>${rows.join("")}</tbody>
			</table></div>`;
	}

	function was(value) {
		return value ? `<div class="text-muted small">${credit.esc(__("when closed: {0}", [value]))}</div>` : "";
	}

	function number(value) {
		return value === null || value === undefined ? "" : format_number(value, null, 2);
	}
})();
