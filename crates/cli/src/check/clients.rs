//! How far each client comes, as people read it.

use super::{
    paint::{As, Paint},
    text::labelled,
};
use portcullis_check::{ClientReport, Stop};

/// A line for each client; where one stops, why and what to change; every step too, if asked for.
pub(super) fn text(clients: &[ClientReport], all: bool, paint: Paint) -> String {
    let mut text = String::new();
    for client in clients {
        text += &of_client(client, all, paint);
    }
    if text.is_empty() { text } else { format!("\n{}\n{text}", paint.paint(As::Title, "clients")) }
}

fn of_client(client: &ClientReport, all: bool, paint: Paint) -> String {
    let name = &client.name;
    let mut text = match (&client.stops, &client.not_played) {
        (None, Some(why)) => {
            format!("  {} {name} was not played to its end\n", paint.paint(As::Aside, "–"))
                + &labelled("because", Some(why), paint)
        }
        (None, None) => format!("  {} {name} reaches the sign-in page\n", paint.paint(As::Good, "✓")),
        (Some(stop), _) => {
            let stops = format!("{name} stops here: {}", stop.at.words());
            format!("  {} {stops}\n{}", paint.paint(As::Bad, "✗"), of_stop(stop, paint))
        }
    };
    if all {
        for step in &client.steps {
            let what = step.sent.as_deref().unwrap_or_else(|| step.at.words());
            text += &labelled("step", Some(what), paint);
            text += &labelled("came", step.came.as_deref(), paint);
            text += &labelled("so", step.said.as_deref(), paint);
        }
        for note in &client.notes {
            text += &labelled("note", Some(&note.said), paint);
            text += &labelled("source", note.link.as_deref(), paint);
        }
        for uri in &client.redirect_uris {
            text += &labelled("redirect", Some(uri), paint);
        }
        for unknown in &client.unknown {
            text += &labelled("unknown", Some(unknown), paint);
        }
        text += &labelled("played as", Some(&format!("{}, {}", client.version, client.looked_at)), paint);
    }
    text
}

fn of_stop(stop: &Stop, paint: Paint) -> String {
    let mut text = String::new();
    for (label, value) in [
        ("wrong", Some(stop.said.as_str())),
        ("sent", stop.sent.as_deref()),
        ("came", stop.came.as_deref()),
        ("why", Some(&stop.why)),
        ("change", Some(&stop.change)),
    ] {
        text += &labelled(label, value, paint);
    }
    stop.links.iter().fold(text, |text, link| text + &labelled("source", Some(link), paint))
}
