//! What a server offers → rules, as TOML that somebody reads before using it. Pure.

use super::offer::{Effect, Offer, Offered};
use crate::text::{comment, key, string};
use std::{collections::HashMap, fmt::Write as _};
use url::Url;

/// Tests are examples; more of one kind teach nothing.
const MAX_TESTS: usize = 10;
/// Longer names cannot be called through the gateway. In characters.
const MAX_NAME: usize = 4096;

/// The rules, each with its reason. `name` is what scopes begin with.
pub(super) fn suggestion(url: &Url, offer: &Offer, name: &str) -> String {
    let place = comment(&format!("{}{}", url.origin().ascii_serialization(), url.path()));
    let mut text = format!(
        "# A first set of rules for {place}\n\
         # made from what the server says of itself. A server may be wrong, or lie: read each line before it counts.\n\
         # Nothing is in force yet: put this below your [[resource]] in portcullis.toml. What is not listed is refused.\n"
    );
    if offer.is_cut {
        text += "# NOT COMPLETE: the server lists more than was read.\n";
    }
    let tools = table(&mut text, "tools", &[(Names::Plain, &offer.tools)], name);
    table(&mut text, "prompts", &[(Names::Plain, &offer.prompts)], name);
    let resources = [(Names::Uris, &*offer.resources), (Names::Templates, &*offer.templates)];
    table(&mut text, "resources", &resources, name);
    tests(&mut text, &tools, name);
    text
}

/// How names of a kind are read by the rules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// `*` makes a pattern of them.
    Plain,
    /// And so does `{`.
    Uris,
    /// They are patterns.
    Templates,
}

/// A table of rules; those that are in it.
fn table(text: &mut String, of: &str, things: &[(Names, &[Offered])], name: &str) -> Vec<Offered> {
    let things = once(things);
    if !things.is_empty() {
        let _ = write!(text, "\n[resource.{of}]\n");
    }
    let written = things.into_iter().filter(|(names, thing)| line(text, *names, thing, name));
    written.map(|(_, thing)| thing).collect()
}

/// Each name once, with the worst that is said of it.
fn once(things: &[(Names, &[Offered])]) -> Vec<(Names, Offered)> {
    let (mut kept, mut places) = (Vec::<(Names, Offered)>::new(), HashMap::new());
    for (names, thing) in things.iter().flat_map(|(names, things)| things.iter().map(|thing| (*names, thing)))
    {
        let at = *places.entry(&thing.name).or_insert(kept.len());
        match kept.get_mut(at) {
            Some((_, known)) => known.effect = known.effect.max(thing.effect),
            None => kept.push((names, thing.clone())),
        }
    }
    kept
}

/// One rule with its reason; whether there is one.
fn line(text: &mut String, names: Names, thing: &Offered, name: &str) -> bool {
    let said = comment(thing.description.as_deref().unwrap_or_default());
    if !said.is_empty() {
        let _ = writeln!(text, "# {said}");
    }
    if let Some(why) = no_rule(names, &thing.name) {
        let _ = writeln!(text, "# NOT LISTED: {} {why}", comment(&string(&thing.name)));
        return false;
    }
    let (verb, note) = match thing.effect {
        Effect::Reads => ("read", ""),
        Effect::Adds => ("write", ""),
        Effect::Unsaid => ("write", " # does not say what it does"),
        Effect::Destroys => ("write", " # DESTRUCTIVE, in its own words"),
    };
    let _ = writeln!(text, "{} = [{}]{note}", key(&thing.name), string(&format!("{name}:{verb}")));
    true
}

/// Why no rule can be for just this name.
fn no_rule(names: Names, name: &str) -> Option<&'static str> {
    if name.is_empty() || name.contains('\0') || name.chars().nth(MAX_NAME).is_some() {
        return Some("is no name that can be called");
    }
    let is_pattern = name.contains('*') || (names == Names::Uris && name.contains('{'));
    match names {
        Names::Plain | Names::Uris if is_pattern => {
            Some("would be a pattern, a rule for more than this: write one by hand")
        }
        Names::Templates if is_for_too_much(name) => Some("would be a rule for too much: write one by hand"),
        Names::Plain | Names::Uris | Names::Templates => None,
    }
}

/// `{+everything}` and `file://{+path}` are offered as easily as `todo://lists/{id}`.
fn is_for_too_much(template: &str) -> bool {
    let Some((literal, rest)) = template.split_once('{') else { return template.contains('*') };
    let names_a_place = literal.contains("://") && !literal.trim_end_matches('/').ends_with(':');
    let is_one_segment = literal.contains("://") && rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let outside = rest.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
    let has_star = literal.contains('*') || outside.into_iter().any(|part| part.contains('*'));
    has_star || !(names_a_place || is_one_segment)
}

/// What the rules above say, so that it is noticed when they say something else.
fn tests(text: &mut String, tools: &[Offered], name: &str) {
    if tools.is_empty() {
        return;
    }
    *text += "\n# Tests: `portcullis config validate` runs them, and `portcullis serve` does not start where one fails.\n\
              # Where the resource has several issuers, each test says whose token it means: issuer = \"its name\"\n";
    let reads = format!("{name}:read");
    let of = |effect: fn(Effect) -> bool| tools.iter().filter(move |tool| effect(tool.effect));
    for tool in of(|effect| effect == Effect::Reads).take(1) {
        test(text, &tool.name, Some(&reads), "allow");
        test(text, &tool.name, None, "insufficient_scope");
    }
    for tool in of(|effect| effect == Effect::Destroys).take(MAX_TESTS) {
        test(text, &tool.name, Some(&reads), "insufficient_scope");
    }
    for tool in of(|effect| matches!(effect, Effect::Adds | Effect::Unsaid)).take(1) {
        test(text, &tool.name, Some(&reads), "insufficient_scope");
        test(text, &tool.name, Some(&format!("{name}:write")), "allow");
    }
    let mut nobody = "no_tool_has_this_name".to_owned();
    while tools.iter().any(|tool| tool.name == nobody) {
        nobody.push('_');
    }
    test(text, &nobody, Some(&reads), "unlisted");
}

fn test(text: &mut String, tool: &str, scope: Option<&str>, expect: &str) {
    let scopes = scope.map(|scope| format!("scopes = [{}]\n", string(scope))).unwrap_or_default();
    let _ = write!(text, "\n[[resource.test]]\ntool = {}\n{scopes}expect = \"{expect}\"\n", string(tool));
}
