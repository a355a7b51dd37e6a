// A contract from a template, step by step: template, questions, clauses, draft. Also where clauses are chosen for a draft.
(() => {
	frappe.provide("b2b_contracts.contracts");
	const API = "b2b_contracts.contract_texts_api";
	const esc = (value) => frappe.utils.escape_html(cstr(value ?? ""));
	const COLOUR = { Must: "red", Should: "orange", Can: "blue" };
	const OWN_WORDS = ["Tailored", "Counterparty"];
	const rank_text = (rank) => ({ Must: __("Must be kept"), Should: __("Should be kept"), Can: __("Can be changed") })[rank] || "";

	// ---------------------------------------------------------------- the steps
	class NewContract {
		constructor(preset) {
			this.values = { start_date: frappe.datetime.get_today(), ...preset };
			this.answers = {};
			this.show_first();
		}

		async show_first() {
			const offered = await frappe.xcall(`${API}.offered_templates`);
			if (!offered.length)
				return frappe.msgprint(__("No template is approved. Ask a contract manager to approve one."));
			const types = [...new Set(offered.map((row) => row.contract_type))];
			const of_type = (type) => offered.filter((row) => row.contract_type === type);
			const options = (type) =>
				of_type(type).map((row) => ({
					value: row.name,
					label: __("{0}, version {1}", [__(row.template_name), row.version_number]),
				}));
			const type = this.values.contract_type || types[0];
			const dialog = this.dialog(1, __("Next"), [
				{
					fieldname: "customer",
					fieldtype: "Link",
					options: "Customer",
					label: __("Customer"),
					reqd: 1,
					default: this.values.customer,
				},
				{
					fieldname: "company",
					fieldtype: "Link",
					options: "Company",
					label: __("Company"),
					reqd: 1,
					default: this.values.company || frappe.defaults.get_user_default("Company"),
				},
				{ fieldtype: "Column Break" },
				{
					fieldname: "contract_type",
					fieldtype: "Select",
					label: __("Contract type"),
					options: types.map((value) => ({ value, label: __(value) })),
					default: type,
					reqd: 1,
					change: () => {
						const chosen = dialog.get_value("contract_type");
						dialog.set_df_property("template", "options", options(chosen));
						dialog.set_value("template", options(chosen)[0].value);
					},
				},
				{
					fieldname: "template",
					fieldtype: "Select",
					label: __("Template"),
					options: options(type),
					default: this.values.template || options(type)[0].value,
					reqd: 1,
					change: () => describe(),
				},
				{ fieldname: "says", fieldtype: "HTML" },
				{ fieldtype: "Section Break" },
				{ fieldname: "title", fieldtype: "Data", label: __("Title"), reqd: 1, default: this.values.title },
				{ fieldtype: "Column Break" },
				{
					fieldname: "start_date",
					fieldtype: "Date",
					label: __("Start date"),
					reqd: 1,
					default: this.values.start_date,
				},
			]);
			const describe = () => {
				const row = offered.find(({ name }) => name === dialog.get_value("template"));
				dialog.fields_dict.says.$wrapper.html(`<p class="text-muted small">${esc(__(row?.description || ""))}</p>`);
				if (row && !dialog.get_value("title")) dialog.set_value("title", __(row.template_name));
			};
			dialog.set_primary_action(__("Next"), async (values) => {
				const same = values.template === this.values.template && values.customer === this.values.customer;
				Object.assign(this.values, values);
				if (!same || !this.started) {
					const { template, customer } = values;
					this.started = await frappe.xcall(`${API}.start_contract`, { template, customer });
					this.answers = {};
					this.values.language = this.started.language;
				}
				this.go(dialog, () => this.show_questions());
			});
			dialog.show();
			describe();
		}

		show_questions() {
			const { questions, languages } = this.started;
			const fields = questions.map((question) => ({
				fieldname: question.key.replace(":", "__"),
				fieldtype: question.fieldtype,
				options: question.options || undefined,
				label: question.label,
				precision: question.precision,
				reqd: question.fieldtype === "Check" ? 0 : question.required,
				default: this.answers[question.key] ?? question.default,
				description: [esc(question.help), question.is_amount && __("In the contract's currency.")].filter(Boolean).join(" "),
			}));
			// Two columns, so that all of them are seen at once.
			fields.splice(Math.ceil(fields.length / 2), 0, { fieldtype: "Column Break" });
			if (languages.length > 1)
				fields.unshift(
					{
						fieldname: "language",
						fieldtype: "Select",
						label: __("Language of the text"),
						options: languages,
						default: this.values.language,
						reqd: 1,
					},
					{ fieldtype: "Section Break" }
				);
			const dialog = this.dialog(2, __("Next"), fields, () => this.show_first());
			dialog.set_primary_action(__("Next"), async (values) => {
				for (const question of questions) this.answers[question.key] = values[question.key.replace(":", "__")];
				Object.assign(this.values, { language: values.language || this.values.language });
				const { template, customer, company, language, start_date } = this.values;
				const { clauses } = await frappe.xcall(`${API}.start_contract`, {
					...{ template, customer, company, language, start_date },
					answers: this.answers,
				});
				this.started.clauses = clauses;
				this.go(dialog, () => this.show_clauses());
			});
			dialog.show();
		}

		show_clauses() {
			const dialog = this.dialog(
				3,
				__("Create draft"),
				[{ fieldname: "clauses", fieldtype: "HTML" }],
				() => this.show_questions()
			);
			const picker = new ClausePicker(dialog.fields_dict.clauses.$wrapper, this.started.clauses);
			dialog.set_primary_action(__("Create draft"), async () => {
				const chosen = picker.chosen();
				if (!chosen) return;
				const { template, customer, company, title, start_date, language } = this.values;
				const made = await frappe.xcall(`${API}.draft_contract`, {
					...{ template, customer, company, title, start_date, language },
					answers: this.answers,
					clauses: chosen,
				});
				this.go(dialog, () => frappe.set_route("Form", "B2B Contract", made.name));
			});
			dialog.show();
		}

		dialog(step, label, fields, back) {
			const names = [__("Template"), __("Questions"), __("Clauses")];
			const steps = names
				.map((name, at) => (at + 1 === step ? `<b>${at + 1}. ${esc(name)}</b>` : `<span class="text-muted">${at + 1}. ${esc(name)}</span>`))
				.join(" <span class='text-muted'>›</span> ");
			const dialog = new frappe.ui.Dialog({
				title: __("New contract from a template"),
				size: "extra-large",
				fields: [{ fieldname: "steps", fieldtype: "HTML", options: `<p class="b2b-contract-steps">${steps}</p>` }, { fieldtype: "Section Break" }, ...fields],
				primary_action_label: label,
				primary_action: () => {},
			});
			if (back) {
				dialog.set_secondary_action_label(__("Back"));
				dialog.set_secondary_action(() => this.go(dialog, back));
			}
			return dialog;
		}

		// Bootstrap shows no dialog while another one is moving.
		go(dialog, then) {
			dialog.$wrapper.one("hidden.bs.modal", then);
			dialog.hide();
		}
	}

	// ---------------------------------------------------------------- clauses
	class ClausePicker {
		constructor($wrapper, clauses) {
			this.clauses = clauses;
			this.$rows = clauses.map((clause, at) => this.row(clause, at));
			$wrapper.empty().append(
				`<p class="text-muted small">${__("Our standard stands unless you choose something else. Fallbacks are offered in their order; what deviates has to be approved.")}</p>`,
				...this.$rows
			);
		}

		row(clause, at) {
			const options = [["Standard", __("Standard")]];
			for (const { number } of clause.fallbacks) options.push([`Fallback ${number}`, __("Fallback {0}", [number])]);
			options.push(["Tailored", __("Other wording")], ["Counterparty", __("The customer's wording")], ["Left Out", __("Left out")]);
			const now = clause.choice === "Fallback" ? `Fallback ${clause.fallback_number}` : clause.choice;
			const $row = $(`<div class="b2b-clause" data-clause="${esc(clause.clause)}">
				<div class="b2b-clause__head">
					<span class="indicator-pill no-indicator-dot ${COLOUR[clause.rank]}">${esc(rank_text(clause.rank))}</span>
					<b>${at + 1}. ${esc(clause.heading)}</b>
					<select class="form-control input-xs b2b-clause__choice" aria-label="${esc(clause.heading)}">
						${options.map(([value, label]) => `<option value="${esc(value)}" ${value === now ? "selected" : ""}>${esc(label)}</option>`).join("")}
					</select>
				</div>
				<p class="b2b-clause__needs small"></p>
				<div class="b2b-clause__text small"></div>
				<textarea class="form-control b2b-clause__own" rows="4" placeholder="${esc(__("Wording as agreed"))}"></textarea>
				<p class="b2b-clause__asks small text-danger"></p>
				<input class="form-control input-xs b2b-clause__reason" placeholder="${esc(__("Reason of the deviation"))}">
			</div>`);
			$row.find("textarea").val(clause.wording || "");
			$row.find("input").val(clause.reason || "");
			$row.find("select").on("change", () => this.settle(clause, $row));
			this.settle(clause, $row);
			return $row;
		}

		settle(clause, $row) {
			const { choice, fallback } = this.read($row);
			const offered = clause.fallbacks.find(({ number }) => number === fallback);
			const optional = choice === "Left Out" && clause.is_optional;
			const role =
				choice === "Standard" || optional ? "" : choice === "Fallback" ? offered.role : clause.deviation_role;
			const deviates = !["Standard", "Fallback"].includes(choice) && !optional;
			$row.find(".b2b-clause__needs")
				.toggle(Boolean(role || deviates))
				.html(role ? __("At least approved by: {0}", [esc(__(role))]) : "");
			const own = OWN_WORDS.includes(choice);
			const text = choice === "Fallback" ? offered.text : choice === "Left Out" ? "" : clause.text;
			$row.find(".b2b-clause__text").toggle(!own && Boolean(text)).html(esc(text.trim()).replace(/\n/g, "<br>"));
			$row.find("textarea").toggle(own);
			if (own && !$row.find("textarea").val()) $row.find("textarea").val(choice === "Tailored" ? clause.text.trim() : "");
			$row.find("input").toggle(Boolean(deviates || role));
			$row.toggleClass("b2b-clause--deviates", Boolean(deviates || role));
		}

		read($row) {
			const [choice, number] = $row.find("select").val().split(/ (?=\d+$)/);
			return { choice, fallback: cint(number) };
		}

		// What does not stand as standard, and what was chosen anew; nothing, when something is missing.
		chosen() {
			const found = [];
			for (const [at, clause] of this.clauses.entries()) {
				const $row = this.$rows[at];
				$row.find(".b2b-clause__asks").empty();
				const { choice, fallback } = this.read($row);
				const wording = $row.find("textarea").val().trim();
				const reason = $row.find("input").is(":visible") ? $row.find("input").val().trim() : "";
				if (OWN_WORDS.includes(choice) && !wording) return this.ask($row, "textarea", __("Write down what was agreed."));
				if ($row.hasClass("b2b-clause--deviates") && !reason) return this.ask($row, "input", __("Write down the reason."));
				if (choice !== "Standard" || clause.choice !== "Standard")
					found.push({ clause: clause.clause, row: clause.row, choice, fallback_number: fallback, wording, reason });
			}
			return found;
		}

		ask($row, selector, words) {
			$row.find(".b2b-clause__asks").text(words);
			$row[0].scrollIntoView({ block: "center" });
			$row.find(selector).trigger("focus");
			return null;
		}
	}

	// ---------------------------------------------------------------- the text
	function text_page(text) {
		const languages = text.languages
			.map(({ value, label }) => `<option value="${esc(value)}" ${value === text.language ? "selected" : ""}>${esc(label)}</option>`)
			.join("");
		const picker = text.languages.length > 1 ? `<select class="form-control input-xs b2b-contract-text__language" aria-label="${esc(__("Language"))}">${languages}</select>` : "";
		const open = text.open_text.length
			? `<p class="b2b-contract-text__open">${__("The text leaves open: {0}. Fill that in.", [esc(text.open_text.join(", "))])}</p>`
			: "";
		const marks = (row) =>
			(row.rank ? `<span class="indicator-pill no-indicator-dot ${COLOUR[row.rank]}">${esc(rank_text(row.rank))}</span>` : "") +
			(row.is_deviation ? ` <span class="indicator-pill no-indicator-dot purple">${esc(__("Deviation"))}</span>` : "");
		const sections = text.sections
			.map(
				(row) => `<section class="b2b-contract-text__section ${row.is_deviation ? "b2b-contract-text__section--deviates" : ""}">
					<h5>${esc(row.number)}. ${esc(row.heading)} <small>${marks(row)}</small></h5>
					${row.paragraphs.map((line) => `<p>${esc(line)}</p>`).join("")}
				</section>`
			)
			.join("");
		const left_out = text.left_out.map((row) => `<li>${esc(row.heading)} ${marks(row)}</li>`).join("");
		return `<div class="b2b-contract-text">${picker}${open}<h4>${esc(text.title)}</h4>${sections}
			${left_out ? `<p class="text-muted">${__("Left out:")}</p><ul>${left_out}</ul>` : ""}</div>`;
	}

	Object.assign(b2b_contracts.contracts, {
		ClausePicker,
		text_page,
		// `preset`: customer, company, contract_type.
		new_from_template(preset = {}) {
			return new NewContract(preset);
		},
	});

	frappe.ui.form.on("Customer", {
		refresh(frm) {
			if (frm.is_new() || !frappe.model.can_create("B2B Contract")) return;
			frm.add_custom_button(
				__("Contract from a template"),
				() => b2b_contracts.contracts.new_from_template({ customer: frm.doc.name, company: frm.b2b_company }),
				__("Create")
			);
		},
	});
})();
