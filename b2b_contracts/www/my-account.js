// The customer portal: opens the forms, shows the instalments before they are asked for, and sends what is entered.
frappe.ready(() => {
	const page = document.querySelector(".b2b-portal");
	const forms = Object.fromEntries(
		["promise", "plan", "dispute"]
			.map((name) => [name, document.querySelector(`#${name} form`)])
			.filter(([, form]) => form)
	);

	// ------------------------------------------------------------------ forms
	document.querySelectorAll("[data-form]").forEach((button) =>
		button.addEventListener("click", () => open_form(button.dataset.form, button.dataset.invoice))
	);

	function open_form(name, invoice) {
		const form = forms[name];
		form.closest("details").open = true;
		// What was sent just now has no fields any more.
		if (!form.elements.invoice) return form.querySelector(".b2b-portal__said").focus();
		form.elements.invoice.value = invoice;
		form.elements.invoice.dispatchEvent(new Event("change"));
		form.closest("details").scrollIntoView();
		form.elements.invoice.focus({ preventScroll: true });
	}

	function part_of(form, name) {
		return form.querySelector(`[data-part="${name}"]`);
	}

	// What is hidden is neither asked for nor sent.
	function show(element, is_shown) {
		element.hidden = !is_shown;
		element.querySelectorAll("input, select, textarea").forEach((field) => (field.disabled = !is_shown));
	}

	function offer_amount(form) {
		const { free, all } = form.elements.invoice.selectedOptions[0].dataset;
		form.elements.amount.value = all ? "" : free;
		form.elements.amount.max = all ? "" : free;
		return !all;
	}

	if (forms.promise) {
		const chosen = () => show(part_of(forms.promise, "amount"), offer_amount(forms.promise));
		forms.promise.elements.invoice.addEventListener("change", chosen);
		chosen();
	}
	if (forms.dispute) {
		const chosen = () => {
			offer_amount(forms.dispute);
			const { dispute } = forms.dispute.elements.invoice.selectedOptions[0].dataset;
			show(part_of(forms.dispute, "new"), !dispute);
			show(part_of(forms.dispute, "running"), Boolean(dispute));
		};
		forms.dispute.elements.invoice.addEventListener("change", chosen);
		chosen();
	}

	// ------------------------------------------------------------------ a plan is shown before it is asked for
	let total = null;
	if (forms.plan) {
		const form = forms.plan;
		const preview = form.querySelector(".b2b-portal__preview");
		const forget = () => {
			total = null;
			preview.replaceChildren();
			show(part_of(form, "send"), false);
		};
		forget();
		form.addEventListener("change", (event) => {
			if (event.target.name !== "reason") forget();
		});
		form.querySelector("[data-act=preview]").addEventListener("click", async () => {
			forget();
			say(form, "");
			const answer = await post("plan_preview", JSON.stringify(values_of(form)));
			if (!answer.ok) return say(form, answer.text, true);
			total = answer.message.total;
			preview.append(table_of(answer.message));
			show(part_of(form, "send"), true);
			form.elements.reason.focus();
		});
	}

	function table_of({ instalments, total_text }) {
		const table = document.createElement("table");
		const body = table.createTBody();
		instalments.forEach(({ due, amount }) => add_row(body, due, amount));
		add_row(table.createTFoot(), page.dataset.inAll, total_text);
		return table;
	}

	function add_row(section, title, amount) {
		const row = section.insertRow();
		const head = document.createElement("th");
		head.scope = "row";
		head.textContent = title;
		row.append(head);
		row.insertCell().textContent = amount;
	}

	// ------------------------------------------------------------------ sent
	function values_of(form) {
		const data = new FormData(form);
		const values = Object.fromEntries(data);
		if ("number_of_instalments" in values) {
			values.invoices = data.getAll("invoices");
			if (total !== null) values.total = total;
			else delete values.reason;
		}
		return values;
	}

	Object.values(forms).forEach((form) =>
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			if (form === forms.plan && total === null) return;
			const button = form.querySelector("[type=submit]");
			button.disabled = true;
			const answer = await send(form);
			button.disabled = false;
			if (!answer.ok) return say(form, answer.text, true);
			const said = form.querySelector(".b2b-portal__said");
			form.replaceChildren(said);
			say(form, answer.message.message);
			said.append(" ", again());
		})
	);

	function send(form) {
		const { method } = form.dataset;
		if (method === "dispute_invoice") return post(method, new FormData(form));
		const values = values_of(form);
		if (method === "promise_payment" && form.elements.invoice.selectedOptions[0].dataset.all) {
			delete values.invoice;
			return post("promise_all_overdue", JSON.stringify(values));
		}
		if (method === "promise_payment") {
			delete values.customer;
			delete values.company;
		}
		return post(method, JSON.stringify(values));
	}

	function again() {
		const link = document.createElement("a");
		link.href = window.location.pathname + window.location.search;
		link.textContent = page.dataset.again;
		return link;
	}

	function say(form, text, is_wrong = false) {
		const said = form.querySelector(".b2b-portal__said");
		said.textContent = text;
		said.classList.toggle("is-wrong", is_wrong);
		if (text) said.focus();
	}

	async function post(method, body) {
		const headers = { Accept: "application/json", "X-Frappe-CSRF-Token": frappe.csrf_token };
		if (typeof body === "string") headers["Content-Type"] = "application/json";
		try {
			const answer = await fetch(`/api/method/b2b_contracts.portal_api.${method}`, {
				method: "POST",
				headers,
				body,
			});
			const data = await answer.json();
			if (answer.ok) return { ok: true, message: data.message };
			const messages = JSON.parse(data._server_messages || "[]").map((m) => JSON.parse(m).message);
			return { ok: false, text: messages.join(" ") || answer.statusText };
		} catch {
			// No answer, or none that can be read: files too large for the server, say.
			return { ok: false, text: page.dataset.noAnswer };
		}
	}
});
