// What a Policy Back-test found, drawn from its result (backtest/summary.py): figures, charts, and the orders that tell most.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	// The past, policy A, policy B.
	const COLOURS = ["#a0a8b3", "#2490ef", "#f5a623"];

	const FATES = () => ({
		Lost: __("Lost"),
		Disputed: __("Disputed"),
		"Paid late": __("Paid late"),
		"Paid on time": __("Paid on time"),
		"Still open": __("Still open"),
		"Not billed": __("Not billed"),
	});
	const ENDS = () => ({
		Open: __("Still on hold"),
		Noted: __("Only noted"),
		"Cause gone": __("Cause gone"),
		"Released by a person": __("Released by a person"),
		Prepaid: __("Prepaid"),
		Rejected: __("Rejected", null, "Credit Hold"),
		"Given up": __("Given up"),
		"Order closed": __("Order closed"),
	});

	// Groups of figures: [heading, [[key, label]]].
	const GROUPS = () => [
		[
			__("Orders and holds"),
			[
				["orders", __("Orders in the period")],
				["held", __("Held")],
				["stopped", __("of these stopped")],
				["share_held", __("Held: share of the amount decided about")],
				["stopped_deliveries", __("Deliveries stopped on their way")],
				["hold_days", __("Median days on hold")],
			],
		],
		[
			__("What became of the held orders in the past"),
			[
				["held_lost", __("Lost")],
				["held_disputed", __("Disputed")],
				["held_paid_late", __("Paid late")],
				["held_paid_on_time", __("Paid on time")],
				["held_still_open", __("Still open")],
				["held_not_billed", __("Not billed")],
			],
		],
		[
			__("Good business: orders that were paid on time in the past"),
			[
				["good_delayed", __("Delayed by the policy")],
				["good_lost", __("Lost, since it waited too long")],
			],
		],
		[
			__("Losses"),
			[
				["written_off", __("Written off")],
				["loss_avoided", __("Loss avoided")],
			],
		],
		[
			__("Receivables and cash"),
			[
				["dso", __("DSO, average of the month ends")],
				["days_to_pay", __("Average days from invoice to payment")],
				["days_beyond_terms", __("Average days beyond terms")],
				["receivables", __("Receivables, average of the month ends")],
				["overdue_share", __("Overdue share of open items")],
				["cash", __("Cash received")],
			],
		],
	];
	const SHARES = ["share_held", "overdue_share"];
	const DAYS = ["hold_days", "dso", "days_to_pay", "days_beyond_terms"];

	const LISTS = () => ({
		loss_avoided: [
			__("Loss avoided"),
			__("Written off in the past, and under the policy not, as far as the assumptions hold."),
		],
		held_and_lost: [
			__("Held, and later lost"),
			__("What the policy pointed at, whoever would have released it."),
		],
		good_delayed: [
			__("Good business delayed"),
			__("Paid on time in the past; the goods would have come later."),
		],
		good_lost: [
			__("Good business lost"),
			__("Paid on time in the past; under the policy it would have waited too long."),
		],
	});

	// Draws a result below the headline of a form; returns when charts and labels are there.
	credit.draw_back_test = async (frm, $place) => {
		const result = JSON.parse(frm.doc.result);
		const titles = titles_of(result);
		const terms = result.differences.length ? credit.meet_terms() : null;
		$place.append(hint_html(frm, result), figures_html(result, titles));
		draw_charts(result, titles, $place);
		$place.append(tables_html(result, titles));
		$place.append(lists_html(result, titles));
		if (titles.length > 2) {
			await terms;
			$place.append(
				`<h6 class="b2b-credit__title">${__(
					"What differs between the policies"
				)}</h6>${credit.differences_html(result.differences, titles[1], titles[2])}`
			);
		}
	};

	function titles_of({ worlds }) {
		const several = worlds.length > 2;
		return worlds.map(({ title, version }, n) => {
			if (!n) return __("As it was");
			const policy = version ? __("{0}, version {1}", [title, version]) : title;
			return several ? `${"AB"[n - 1]}: ${policy}` : policy;
		});
	}

	// ------------------------------------------------------------------ numbers
	const count = (value) => credit.esc(format_number(value, null, 0));
	const amount = (value) => credit.esc(format_number(value, null, 0));
	const days = (value) => credit.esc(format_number(value, null, 1));
	const share = (value) => `${credit.esc(format_number(100 * value, null, 1))} %`;
	const rule_name = (rule) =>
		rule === "Delivery Stop" ? __("Delivery stop") : __(rule, null, "Credit Hold Reason");

	function tally(value) {
		return value.count ? `${count(value.count)}<small>${amount(value.amount)}</small>` : "0";
	}

	function figure(key, value) {
		if (value === null || value === undefined) return "–";
		if (typeof value === "object") return tally(value);
		if (SHARES.includes(key)) return share(value);
		return DAYS.includes(key) ? days(value) : amount(value);
	}

	// ------------------------------------------------------------------ figures
	function hint_html({ doc }, { figures }) {
		const ordered = figures.find((row) => row.key === "orders").values[0].count;
		if (!ordered || doc.orders_decided || doc.profiles_from_start) return "";
		return `<div class="b2b-credit__notes"><p>${__(
			"Nothing was decided: no customer had a credit profile then. Duplicate this and tick “Profiles from start” to let the first profiles count from the beginning."
		)}</p></div>`;
	}

	function figures_html(result, titles) {
		const by_key = Object.fromEntries(result.figures.map((row) => [row.key, row.values]));
		const rows = GROUPS().map(
			([heading, figures]) =>
				`<tr class="b2b-credit__group"><th colspan="${titles.length + 1}">${heading}</th></tr>${figures
					.filter(([key]) => by_key[key])
					.map(
						([key, label]) =>
							`<tr data-figure="${key}"><td>${label}</td>${by_key[key]
								.map((value) => `<td>${figure(key, value)}</td>`)
								.join("")}</tr>`
					)
					.join("")}`
		);
		return `<table class="table b2b-credit__table b2b-credit__numbers"><thead><tr><th>${__(
			"Amounts in {0}",
			[credit.esc(result.currency)]
		)}</th>${heads(titles)}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
	}

	const heads = (titles) => titles.map((title) => `<th>${credit.esc(title)}</th>`).join("");

	// ------------------------------------------------------------------ charts
	function draw_charts(result, titles, $place) {
		const $charts = $('<div class="b2b-credit__charts"></div>').appendTo($place);
		// Charts show names as HTML, and a policy may be called anything.
		const names = [titles[0], ...(titles.length > 2 ? ["A", "B"] : [__("Policy A")])];
		const { months, labels } = months_of(result);
		const world = (key) => names.map((name, n) => ({ name, values: months.map((row) => row[key][n] ?? 0) }));
		if (months.length > 1) {
			draw($charts, __("Cash received by month"), "bar", labels, world("cash"), COLOURS);
			draw($charts, __("Receivables at month ends"), "line", labels, world("receivables"), COLOURS);
			draw($charts, __("Overdue at month ends"), "line", labels, world("overdue"), COLOURS);
		}
		const policies = names.slice(1);
		const of_policies = (rows, value) =>
			policies.map((name, n) => ({ name, values: rows.map((row) => value(row.values[n])) }));
		if (result.rules.length) {
			const rules = result.rules.map(({ rule }) => rule_name(rule));
			const held = of_policies(result.rules, (value) => value.amount);
			const wide = rules.length > 4; // their names are long
			draw($charts, __("Amount held by rule"), "bar", rules, held, COLOURS.slice(1), { wide });
		}
		const fates = result.fates.filter((row) => row.values.some(({ held }) => held.count));
		if (fates.length) {
			const fate_names = fates.map(({ fate }) => FATES()[fate]);
			const held = of_policies(fates, (value) => value.held.count);
			draw(
				$charts,
				__("Held orders by what became of them"),
				"bar",
				fate_names,
				held,
				COLOURS.slice(1),
				{ format: count, wide: true }
			);
		}
	}

	// Without what lies before the first day of trade. There is no room for years where no month comes twice.
	function months_of(result) {
		const trades = (row) => [...row.cash, ...row.receivables].some(Boolean);
		const first = result.months.findIndex(trades);
		const months = first < 0 ? [] : result.months.slice(first);
		const year = months.length > 12 ? { year: "2-digit" } : {};
		const name = new Intl.DateTimeFormat(language(), { month: "short", timeZone: "UTC", ...year });
		return { months, labels: months.map(({ month }) => name.format(new Date(month)).replace(".", "")) };
	}

	function language() {
		const lang = (frappe.boot.lang || "en").replace("_", "-");
		return Intl.DateTimeFormat.supportedLocalesOf([lang]).length ? lang : "en";
	}

	function draw($charts, title, type, labels, datasets, colors, { format = amount, wide = false } = {}) {
		const is_series = type === "line" || labels.length > 12;
		const $chart = $(
			`<figure class="${
				wide ? "b2b-credit__wide" : ""
			}"><figcaption>${title}</figcaption><div class="b2b-credit__chart"></div></figure>`
		).appendTo($charts);
		frappe.utils.make_chart($chart.find(".b2b-credit__chart")[0], {
			type,
			colors,
			height: 220,
			data: { labels, datasets },
			axisOptions: { xIsSeries: is_series ? 1 : 0, xAxisMode: "tick" },
			barOptions: { spaceRatio: 0.4 },
			lineOptions: { hideDots: labels.length > 12 ? 1 : 0, regionFill: 0 },
			truncateLegends: 1,
			tooltipOptions: { formatTooltipY: (value) => (value === null ? "–" : format(value)) },
		});
	}

	// ------------------------------------------------------------------ tables
	function tables_html(result, titles) {
		const policies = titles.slice(1);
		const segments = result.segments.map(
			({ segment, values }) =>
				`<tr><td>${segment ? __("Segment {0}", [credit.esc(segment)]) : __("Without segment")}</td>${values
					.map((value) =>
						value
							? `<td>${tally(value.orders)}</td><td>${tally(value.held)}</td>`
							: "<td>–</td><td>–</td>"
					)
					.join("")}</tr>`
		);
		const rules = result.rules.map(
			({ rule, values }) =>
				`<tr><td>${credit.esc(rule_name(rule))}</td>${values
					.map((value) => `<td>${tally(value)}</td>`)
					.join("")}</tr>`
		);
		const roles = result.roles.map(
			({ role, values }) =>
				`<tr><td>${credit.esc(__(role))}</td>${values
					.map((value) => `<td>${count(value)}</td>`)
					.join("")}</tr>`
		);
		const of_segment = policies.map(() => `<th>${__("Decided")}</th><th>${__("Held")}</th>`).join("");
		return `<div class="b2b-credit__charts">
			${table(__("By rule (an order that several rules hold counts in each)"), heads(policies), rules)}
			${table(__("By role: how often a release would have asked for each"), heads(policies), roles)}
		</div>
		${table(
			__("By segment"),
			policies.map((title) => `<th colspan="2">${credit.esc(title)}</th>`).join(""),
			segments,
			`<tr><th></th>${of_segment}</tr>`
		)}`;
	}

	function table(title, head, rows, second = "") {
		if (!rows.length) return "";
		return `<div><h6>${title}</h6><table class="table b2b-credit__table b2b-credit__numbers"><thead><tr><th></th>${head}</tr>${second}</thead><tbody>${rows.join(
			""
		)}</tbody></table></div>`;
	}

	// ------------------------------------------------------------------ lists
	function lists_html(result, titles) {
		const words = LISTS();
		return result.lists
			.map(({ key, policies }) => {
				const [title, about] = words[key];
				const none = policies.every((found) => !found.count);
				const lists = none
					? [list_html(key, policies[0], "")]
					: policies.map((found, n) =>
							list_html(key, found, policies.length > 1 ? titles[n + 1] : "")
					  );
				return `<h6 class="b2b-credit__title">${title} <span class="text-muted">– ${about}</span></h6>${lists.join(
					""
				)}`;
			})
			.join("");
	}

	function list_html(key, found, title) {
		const head = title ? `${credit.esc(title)}: ` : "";
		if (!found.count) return `<p class="b2b-credit__none">${head}${__("No order.")}</p>`;
		const summary = __("{0} orders, {1}", [count(found.count), amount(found.amount)]);
		const more =
			found.count > found.rows.length
				? `<p class="text-muted">${__("The first {0}. The workbook has them all.", [
						count(found.rows.length),
				  ])}</p>`
				: "";
		const is_loss = key === "loss_avoided";
		const last = {
			loss_avoided: __("Loss avoided"),
			held_and_lost: __("Days on hold"),
			good_delayed: __("Days later"),
			good_lost: __("Days on hold"),
		}[key];
		const lines = found.rows.map((row) => {
			const value = is_loss
				? amount(row.effect)
				: days((key === "good_delayed" ? row.days_delayed : row.days_held) || 0);
			return `<tr><td>${row.doctype ? credit.link(row.doctype, row.order) : credit.esc(row.order)}</td>
				<td>${frappe.datetime.str_to_user(row.day)}</td>
				<td>${customer(row)}</td>
				<td>${credit.esc(row.rules.map(rule_name).join(", "))}</td>
				<td>${credit.esc(ENDS()[row.end] || row.end)}</td>
				<td>${amount(row.amount)}</td><td>${value}</td></tr>`;
		});
		return `<details class="b2b-credit__list"><summary>${head}${summary}</summary>
			<div class="b2b-credit__scroll"><table class="table b2b-credit__table b2b-credit__orders"><thead><tr>
			<th>${__("Order", null, "Credit Hold")}</th><th>${__("Held on")}</th><th>${__("Customer")}</th>
			<th>${__("Rules")}</th><th>${__("How it ended")}</th><th>${__("Amount")}</th><th>${last}</th>
			</tr></thead><tbody>${lines.join("")}</tbody></table></div>${more}</details>`;
	}

	const customer = (row) => credit.link("Customer", row.customer, row.customer_name || row.customer);
})();
