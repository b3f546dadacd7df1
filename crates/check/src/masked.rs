//! Every text of a report under the mask: what has no field left out here is told without a token.

use crate::{ClientNote, ClientReport, ClientStep, Finding, Group, Report, Stop, mask::Mask};

impl Report {
    /// Lays the mask over each text that is not one of ours.
    pub(crate) fn mask(&mut self, mask: &Mask) {
        self.texts().for_each(|text| mask.over(text));
    }

    /// Each pattern names every field, so that none that is added is forgotten.
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let Self { url, groups, notes: _, clients, summary: _, cut_short: _ } = self;
        let findings = groups.iter_mut().flat_map(|Group { name: _, findings }| findings);
        [url].into_iter().chain(findings.flat_map(Finding::texts)).chain(clients.iter_mut().flat_map(client))
    }
}

impl Finding {
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let Self { row: _, level: _, outcome: _, asks: _, source: _, sent, came, said, why: _, change: _ } =
            self;
        [sent, came, said].into_iter().flatten()
    }
}

fn client(report: &mut ClientReport) -> impl Iterator<Item = &mut String> {
    let ClientReport {
        id: _,
        name,
        version,
        looked_at,
        revisions,
        reaches_sign_in: _,
        stops,
        not_played,
        steps,
        notes,
        redirect_uris,
        unknown,
        sources,
    } = report;
    let steps = steps.iter_mut().flat_map(|ClientStep { at: _, sent, came, said }| [sent, came, said]);
    let notes = notes.iter_mut().flat_map(|ClientNote { said, link }| [said].into_iter().chain(link));
    let lists = [revisions, redirect_uris, unknown, sources].into_iter().flatten();
    let stops = stops.iter_mut().flat_map(|Stop { at: _, said, why, change, links, sent, came }| {
        [said, why, change].into_iter().chain(links).chain(sent).chain(came)
    });
    let names = [name, version, looked_at].into_iter().chain(not_played);
    names.chain(lists).chain(steps.flatten()).chain(notes).chain(stops)
}
