"""Sentences 31 to 62 of the policy: customers and partners, and the profiling of interests.

One entry per published sentence; its key lists the numbers it has in the numbering of the whole policy.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "Kunden und Partner – Welche Art von Daten wir über Sie sammeln",
        {
            "S31": (
                "Im Falle natürlicher Personen, mit deren Arbeitgebern wir in einer Geschäftsbeziehung stehen, "
                "verarbeiten wir die folgenden personenbezogenen Daten über Sie: Ihren Namen, Ihre Position, Rolle, "
                "E-Mail-Adresse,Telefonnummer und Ihr Titel, welche juristische Person die Lizenz oder den Service "
                "erworben hat, die Straße und Postanschrift dieser juristischen Person, das Land, Ihre Sprache und "
                "Ihre Benachrichtigungspräferenzen, verfügbare LinkedIn-Informationen, relevante Zugangsdaten zu "
                "unseren Systemen und Protokolle darin."
            ),
            "S35": (
                "über Wettbewerbe, Werbung, Umfragen, Webinare und andere derartige Veranstaltungen oder "
                "Interaktionspunkte,"
            ),
            "S36": "durch Vertriebs-, Support- und Account-Management-Aktivitäten und",
            "S37 S38": (
                "durch Partnervertriebs- und Kundenmanagement-Aktivitäten (z. B. eine Lizenzbestellung eines "
                "Partners für einen Endkunden oder Änderungen der Angaben eines Endkunden)."
            ),
        },
    ),
    (
        "Kunden und Partner – Für welche Zwecke wir sie verwenden",
        {
            "S40": (
                "Wir erfassen und verarbeiten die Daten, um unsere Kundenbeziehungen zu verwalten, Ihnen "
                "Informationen, Produkte und Services, die Sie von uns anfordern, zur Verfügung zu stellen, "
                "gemeinsame Planungssitzungen durchzuführen, die Daten zu Zwecken der Geschäftsentwicklung zu "
                "analysieren, Lizenzzertifikate auszugeben, sämtliche Schritte der Auftragsabwicklung durchzuführen "
                "sowie Zahlungsvorgänge vorzunehmen, personalisierte Marketingaktivitäten durchzuführen, sowohl in "
                "Bezug auf den erstmaligen Verkauf unserer Services als auch auf Lizenz- und Serviceverlängerungen, "
                "unsere anderen Angebote sowie andere relevante Informationen zu kommunizieren, Ihr Feedback "
                "einzuholen, autorisierte Benutzer für ausgewählte Systeme zu identifizieren, Benutzerkonten zu "
                "verwalten sowie Hilfe und Support für die Services zu bieten."
            ),
            "S41 S42": (
                "Wenn Sie sich an uns wenden oder uns Informationen über mehrere Kanäle – wie z. B. unsere "
                "Vertriebspartner, Veranstaltungen oder die Website – übermitteln, führen wir diese Informationen "
                "zusammen, um die Kommunikation mit Ihnen auf Ihre Bedürfnisse abzustimmen."
            ),
        },
    ),
    (
        "Kunden und Partner – Rechtliche Grundlagen",
        {
            "S44": (
                "F‑Secure hat ein berechtigtes Interesse an der Verarbeitung personenbezogener Daten der "
                "Mitarbeiter seiner Kunden und Partner, um die Bereitstellung seiner kommerziellen Dienstleistungen "
                "für Unternehmenskunden und Partner zu ermöglichen und zu erleichtern."
            ),
            "S45": (
                "Dies umfasst die Durchführung relevanter Vertriebs- und Marketingaktivitäten, wie sie gemäß den "
                "geltenden Gesetzen über verschiedene Formen der marketingbezogenen Kommunikation zulässig sind."
            ),
            "S46": (
                "Soweit die Verarbeitung für eine Tätigkeit erforderlich ist, ist es notwendig, dass wir die "
                "erforderlichen Daten verarbeiten können."
            ),
            "S47 S48": (
                "Dies ist z. B. dann der Fall, wenn wir mit den Vertretern unserer Partner und Kunden effektiv "
                "kommunizieren, die vereinbarten Leistungen bereitstellen und abrechnen, auf eine Anforderung oder "
                "Supportanfrage reagieren oder Ihre Teilnahme an unserem Betaprogramm für Unternehmenskunden "
                "ermöglichen müssen."
            ),
            "S49": (
                "Wenn das berechtigte Interesse in Bezug auf eine Art der Datenverarbeitung nicht angemessen oder "
                "nicht anwendbar ist, holen wir Ihre ausdrückliche Einwilligung ein."
            ),
            "S50": (
                "So ist beispielsweise die Einwilligung die rechtliche Grundlage für die Verarbeitung von Daten, "
                "die wir von Ihnen bei dem Besuch unserer Websites erfassen."
            ),
            "S51": (
                "Sofern unsere Verarbeitung auf der Grundlage Ihrer Einwilligung geschieht, können Sie Ihre "
                "Einwilligung jederzeit widerrufen."
            ),
        },
    ),
    (
        "Profilerstellung (Profiling)",
        {
            "S53": (
                "Um unsere Interaktion auf die Services zu konzentrieren, an denen Sie hauptsächlich interessiert "
                "sind, können einige der erfassten Daten auf Ihrer Aktivität auf den Webseiten unseres Unternehmens "
                "basieren."
            ),
            "S54": (
                "Falls Sie eingewilligt haben, dass Ihnen entsprechender Datenverkehr zugeordnet wird, geschieht "
                "dies beispielsweise durch das Ausfüllen unserer Web-Formulare."
            ),
            "S55": "Wir zeichnen Ihren Web-Datenverkehr außerhalb der F‑Secure-Websites nicht auf.",
            "S56": (
                "Je mehr Aktivität und Interesse Sie an unseren Lösungen zeigen, desto wahrscheinlicher ist es, "
                "dass wir auf Sie zukommen."
            ),
            "S58": (
                "Wenn Sie in die Nutzung Ihrer E-Mail-Adresse zu diesem Zweck nicht einwilligen, können Sie "
                "jederzeit deren Entfernung aus unseren Aufzeichnungen verlangen."
            ),
            "S59": (
                "Für Sie hat das zur Folge, dass die Nachrichten, die Sie von uns erhalten, für Sie und Ihren "
                "Arbeitgeber weniger relevant sein können."
            ),
            "S60": "Wir geben solche Profilinformationen nicht an externe Parteien weiter.",
            "S61 S62": (
                "Wir können allgemeine Daten über Ihr Interesse an unsere Vertriebspartner weitergeben, um Ihren "
                "Bedürfnissen besser gerecht zu werden (z. B. um Ihnen den Kauf über unseren lokalen "
                "Vertriebspartner zu ermöglichen), jedoch nur falls wir bereits Verkaufsverhandlungen aufgenommen "
                "haben."
            ),
        },
    ),
)
