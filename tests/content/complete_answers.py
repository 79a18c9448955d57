"""The complete answers of the questions whose answers are long: every row, read over against the articles.

`-` stands for no value. A changed row means that a claim was added, corrected or lost: look which.
"""

COMPLETE: dict[str, tuple[tuple[int, ...], str]] = {
    "06-planned-activities": (
        (0, 1),
        """
instrument/kimm-nrcan-mou-2025 | concept/activity/expert-exchange
instrument/kimm-nrcan-mou-2025 | concept/activity/joint-workshops
instrument/motie-airbus-ds-itc-mou-2024 | concept/activity/centre-establishment
instrument/motie-airbus-ds-itc-mou-2024 | concept/activity/project-identification
instrument/nrccei-kier-intention-2025 | concept/activity/personnel-exchange
""",
    ),
    "08-who-took-part-in-the-workshop": (
        (0, 1, 2),
        """
organization/kier | concept/role/host | -
organization/kier | concept/role/organizer | -
organization/kimm | concept/role/co-host | 2025-07-30
organization/nst | concept/role/speaker | -
party/canadian-institutions-hydrogen-session | concept/role/presenter | -
party/institutions-at-the-battery-workshop | concept/role/participant | -
unit/nrc-cei | concept/role/participant | -
""",
    ),
    "09-where-and-when": (
        (0, 2, 3),
        """
event/ai-autonomous-manufacturing-alliance-launch-2024 | - | 2024-01/2024-06
event/ai-autonomous-manufacturing-strategy-announcement-2024 | - | 2024-05-08
event/ai-industrial-policy-committee-inauguration-2024 | - | 2024-05-08
event/airbus-itc-site-selection | - | ../2024-12-31
event/apec-summit-2023 | - | 2023-11
event/battery-circular-economy-consultation-2025 | - | -
event/battery-circular-economy-seminar-2025 | - | 2025-01?
event/canada-korea-event-2025 | - | 2025-07-28/2025-08-01
event/canadian-delegation-visit-2025 | place/south-korea | 2025-01?
event/carbon-composites-partnership-meeting-2023 | - | 2023-07
event/carbon-composites-partnership-meeting-2024 | place/kofst-premises | 2024-05-22
event/hydrogen-energy-technology-session-2025 | - | -
event/imo-mass-code-approval | - | 2024
event/imo-mass-symposium-2024 | - | 2024-05-14
event/kier-nrc-nrcan-meetings-2025 | - | -
event/kimm-amtc-visit-2025 | - | ../2025-07-29
event/kimm-mila-visit-2025 | - | -
event/kitech-seminar-announcement-2025 | - | 2025-01-14
event/korea-canada-battery-workshop-2025 | place/montreal | 2025-07-29/2025-07-30
event/korea-chile-resources-committee-meeting-2024 | place/santiago | 2024-05-15
event/korea-chile-symposium-2024 | - | -
event/maritime-safety-committee-session-108 | - | 2024-05-15/..
event/motie-airbus-ds-roundtable-2024 | - | -
event/motie-airbus-ds-signing-2024 | - | 2024-05-10
event/motie-airbus-ds-talks-2022 | - | 2022-11
event/motie-airbus-ds-working-level-meetings | - | 2022-11/2024-05-10
event/motie-automobile-exports-announcement-2024 | - | 2024-05-08
event/motie-dbt-visit-2024 | - | -
event/motie-imo-talks-2024 | - | -
event/motie-symposium-announcement-2024 | - | ../2024-05-14
event/reshored-companies-meeting-2024 | place/government-complex-sejong | 2024-05-07
event/yoon-williams-talks-2024 | - | -
""",
    ),
    "13-offices": (
        (0, 1, 4),
        """
person/aurora-williams | organization/chile-ministry-of-mining | article/motie-press-2024-05
person/dukgeun-ahn | organization/motie | article/motie-press-2024-05
person/francisco-sanchez-segura | organization/airbus-ds | article/motie-press-2024-05
person/han-seong-ok | organization/kier | article/selflearnhub-battery-workshop
person/kim-kinam | organization/naek | article/motie-press-2024-05
person/kim-young-sik | organization/nst | article/selflearnhub-battery-workshop
person/lee-sang-mok | organization/kitech | article/asiae-2025-01-14
person/lee-seung-ryeol | organization/motie | article/motie-press-2024-05
person/sascha-pristrom | organization/imo | article/motie-press-2024-05
person/seog-hyeon-ryu | organization/kimm | article/offshore-energy-2025-08-07
person/tamara-mawhinney | organization/embassy-canada-korea | article/asiae-2025-01-14
person/yi-chang-keun | organization/kier | article/selflearnhub-battery-workshop
person/yoon-chang-hyun | organization/motie | article/motie-press-2024-05
""",
    ),
    "19-names-as-written": (
        (0, 1, 3),
        """
organization/airbus-ds | Airbus Defense and Space | article/motie-press-2024-05
organization/derkwoo | Derkwoo | article/motie-press-2024-05
organization/embassy-canada-korea | Embassy of Canada in Korea | article/asiae-2025-01-14
organization/gac | Department of Foreign Affairs, Trade and Development | article/asiae-2025-01-14
organization/hd-hyundai | HD Hyundais | article/motie-press-2024-05
organization/kitech | KIIT | article/asiae-2025-01-14
organization/mila | Montreal Institute for Learning Algorithms | article/offshore-energy-2025-08-07
organization/nrc | National Research Council | article/asiae-2025-01-14
organization/nrc | National Research Council of Canada | article/asiae-2025-01-14
organization/nrc | National Research Council of Canada | article/selflearnhub-battery-workshop
organization/nst | National Research Council of Science & Technology | article/selflearnhub-battery-workshop
organization/sqm | Sociedad Química y Minera | article/motie-press-2024-05
unit/nrc-amtc | Advanced Manufacturing and Technology Centre | article/offshore-energy-2025-08-07
unit/nrc-cei | Clean Energy Innovation Center | article/selflearnhub-battery-workshop
""",
    ),
    "20-battery-recycling-between-the-two-countries": (
        (0, 1, 2),
        """
event/battery-circular-economy-consultation-2025 | ontology#Event | area/battery-recycling
event/battery-circular-economy-seminar-2025 | ontology#Event | area/battery-recycling
event/canadian-delegation-visit-2025 | ontology#Event | area/battery-recycling
event/korea-canada-battery-workshop-2025 | ontology#Event | area/battery-recycling
instrument/canada-aictd-recycling-intention-2025 | ontology#CooperationInstrument | area/battery-recycling
instrument/kimm-nrcan-mou-2025 | ontology#CooperationInstrument | area/battery-material-recovery
instrument/korea-canada-battery-centre-undertaking | ontology#CooperationInstrument | area/battery-recycling
""",
    ),
    "21-doubtful-claims": (
        (0, 1, 2),
        """
claim/asiae-2025-01-14/seminar-past | concept/mode/reported | 0.6
claim/asiae-2025-01-14/seminar-still-to-come | concept/mode/attributed | 0.6
claim/motie-press-2024-05/ai-diffusion-as-growth | concept/mode/reported | 0.6
claim/motie-press-2024-05/ai-diffusion-as-level | concept/mode/reported | 0.6
claim/motie-press-2024-05/ai-gamechanger | concept/mode/speculative | 0.98
claim/motie-press-2024-05/ai-priority-funding-each | concept/mode/reported | 0.6
claim/motie-press-2024-05/ai-priority-funding-total | concept/mode/reported | 0.6
claim/motie-press-2024-05/eco-exports-of-all | concept/mode/reported | 0.6
claim/motie-press-2024-05/eco-exports-of-hybrids | concept/mode/reported | 0.6
claim/selflearnhub-battery-workshop/machine-china | concept/mode/machine-generated | 0.2
claim/selflearnhub-battery-workshop/machine-supply | concept/mode/machine-generated | 0.5
claim/selflearnhub-battery-workshop/machine-workshop | concept/mode/machine-generated | 0.5
claim/selflearnhub-battery-workshop/outlook-batteries | concept/mode/speculative | 0.9
claim/selflearnhub-battery-workshop/outlook-scaling | concept/mode/speculative | 0.9
claim/selflearnhub-battery-workshop/workshop-day-loose-reading | concept/mode/reported | 0.3
claim/selflearnhub-battery-workshop/workshop-days | concept/mode/reported | 0.95
""",
    ),
    "22-told-by-two-entries": (
        (0, 1),
        """
event/ai-industrial-policy-committee-inauguration-2024 | 2
event/carbon-composites-partnership-meeting-2024 | 2
event/motie-airbus-ds-signing-2024 | 2
instrument/motie-airbus-ds-itc-mou-2024 | 2
""",
    ),
    "29-critical-minerals-named": (
        (0, 1, 2),
        """
mineral/cobalt | true | true
mineral/lithium | true | true
mineral/lithium-carbonate | false | false
mineral/rare-earth-elements | true | false
""",
    ),
    "30-evidence-of-the-signed-agreements": (
        (0, 1),
        """
instrument/carbon-composites-partnership-mou-2023 | claim/motie-press-2024-05/partnership-mou
instrument/kier-nrccei-loi-2025 | claim/selflearnhub-battery-workshop/letter-of-intent
instrument/kier-nrccei-loi-2025 | claim/selflearnhub-battery-workshop/letter-of-intent-date
instrument/kimm-nrcan-mou-2025 | claim/offshore-energy-2025-08-07/mou-date
instrument/kimm-nrcan-mou-2025 | claim/offshore-energy-2025-08-07/mou-signed
instrument/motie-airbus-ds-itc-mou-2024 | claim/motie-press-2024-05/airbus-mou
instrument/motie-airbus-ds-itc-mou-2024 | claim/motie-press-2024-05/airbus-mou-short
""",
    ),
}
