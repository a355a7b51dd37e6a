// Sales Invoice: the interest on what is paid late, row by row, and the page to print.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.interest_api";

	frappe.ui.form.on("Sales Invoice", {
		refresh(frm) {
			const { doc } = frm;
			if (doc.docstatus !== 1 || doc.is_return || doc.due_date >= frappe.datetime.get_today()) return;
			frm.add_custom_button(__("Interest"), () => show(doc.name), __("Credit"));
		},
	});

	function show(invoice) {
		const dialog = new frappe.ui.Dialog({
			title: __("Interest on {0}", [invoice]),
			size: "large",
			fields: [
				{
					fieldname: "until",
					fieldtype: "Date",
					label: __("Until (not included)"),
					description: __("This day itself carries no interest."),
					default: frappe.datetime.get_today(),
					reqd: 1,
					change: () => fill(),
				},
				{ fieldname: "found", fieldtype: "HTML" },
			],
			primary_action_label: __("Print"),
			primary_action: ({ until }) => {
				const query = new URLSearchParams({ invoice, until });
				window.open(frappe.urllib.get_full_url(`/api/method/${API}.interest_statement_pdf?${query}`));
			},
		});
		let asked = 0;
		async function fill() {
			const until = dialog.get_value("until");
			const field = dialog.get_field("found").$wrapper;
			if (!until) return field.empty();
			const turn = ++asked;
			const found = await frappe.xcall(`${API}.interest_statement`, { invoice, until });
			if (turn === asked) field.html(told(found));
		}
		dialog.show();
		fill();
	}

	function told(found) {
		const { currency } = found;
		const several = found.instalments.length > 1;
		return `${found.instalments.map((part) => instalment(part, currency, several)).join("")}
			<p><b>${__("Interest in all: {0}", [credit.money(found.total, currency)])}</b>
			${
				found.per_day
					? `<br><span class="text-muted">${__("Each further day until payment adds {0}.", [
							credit.money(found.per_day, currency),
					  ])}</span>`
					: ""
			}</p>
			${found.checks.map((said) => `<p class="text-muted">${credit.esc(said)}</p>`).join("")}
			${
				found.is_confirmed
					? ""
					: `<p class="text-danger">${__(
							"* A rate that nobody has confirmed, or that is not known yet. Check the reference rates before you claim this interest."
					  )}</p>`
			}`;
	}

	function instalment({ due_date, total, rows, gaps }, currency, several) {
		const day = (date) => frappe.datetime.str_to_user(date);
		const cells = rows.map(
			(row) => `<tr><td>${day(row.first)}</td><td>${day(row.until)}</td><td class="text-right">${row.days}</td>
				<td class="text-right">${credit.money(row.principal, currency)}</td>
				<td class="text-right">${format_number(row.percent, null, 2)}${row.is_confirmed ? "" : " *"}</td>
				<td class="text-right">${credit.money(row.amount, currency)}</td></tr>`
		);
		const unknown = gaps.map(
			(gap) => `<tr><td>${day(gap.first)}</td><td>${day(gap.until)}</td><td></td>
				<td class="text-right">${credit.money(gap.principal, currency)}</td>
				<td class="text-right" colspan="2">${__("No rate is known.")} *</td></tr>`
		);
		const title = several ? `<h6>${__("Due {0}", [day(due_date)])}</h6>` : "";
		if (!cells.length && !unknown.length) return `${title}<p>${__("No interest.")}</p>`;
		return `${title}<table class="table b2b-credit__table"><thead><tr><th>${__("From")}</th><th>${__("Until (not included)")}</th>
			<th class="text-right">${__("Days")}</th><th class="text-right">${__("Owed")}</th>
			<th class="text-right">${__("% p.a.")}</th><th class="text-right">${__("Interest")}</th></tr></thead>
			<tbody>${[...unknown, ...cells].join("")}
			<tr><td colspan="5"><b>${__("Interest")}</b></td><td class="text-right"><b>${credit.money(total, currency)}</b></td></tr>
			</tbody></table>`;
	}
})();
