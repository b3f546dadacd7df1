//! One message or a batch, in one walk: which lists are in it, and what of them goes.

use super::{
    Expected, Filtered, Judge, ListDefect,
    edits::{Edits, Elements},
};
use crate::{Defect, Id, Target, cursor::Cursor, members::Seen, parameters, params::is_bounded};
use std::{borrow::Cow, ops::Range};

const MESSAGE: &[&str] = &["id", "method", "params", "result"];
const RESULT: &[&str] = &["tools", "prompts", "resources", "resourceTemplates", "cacheScope"];
const UPDATED: &str = "notifications/resources/updated";
const PRIVATE: &str = "\"private\"";

pub(super) fn filter(text: &str, expected: &Expected, judge: &mut impl Judge) -> Filtered {
    let mut walk = Walk { text, expected, judge, edits: Edits::default() };
    match walk.body() {
        Ok(false) => Filtered::Dropped,
        Ok(true) => walk.edits.apply(text).map_or(Filtered::Unchanged, Filtered::Changed),
        Err(defect) => Filtered::Refused(defect),
    }
}

pub(super) fn learn(text: &str, expected: &Expected, judge: &mut impl Judge) {
    let _ = Walk { text, expected, judge, edits: Edits::default() }.body();
}

struct Walk<'a, J> {
    text: &'a str,
    expected: &'a Expected,
    judge: &'a mut J,
    edits: Edits,
}

/// One kind of list.
#[derive(Clone, Copy)]
struct List {
    /// Which member names an element; no more than one can.
    members: &'static [&'static str],
    target: fn(Box<str>) -> Target,
}

impl List {
    fn of(name: &str) -> Self {
        match name {
            "tools" => Self { members: &["name", "inputSchema"], target: Target::Tool },
            "prompts" => Self { members: &["name"], target: Target::Prompt },
            "resources" => Self { members: &["uri"], target: Target::Resource },
            _templates => Self { members: &["uriTemplate"], target: Target::Resource },
        }
    }
}

impl<J: Judge> Walk<'_, J> {
    /// The whole text; whether it stays. A scalar is no message, and holds no list.
    fn body(&mut self) -> Result<bool, ListDefect> {
        let mut cursor = Cursor::new(self.text);
        let stays = match cursor.peek() {
            Some(b'{') => self.message(&mut cursor)?,
            Some(b'[') => self.batch(&mut cursor)?,
            _ => cursor.value().map(|_| true)?,
        };
        cursor.end()?;
        Ok(stays)
    }

    fn batch(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ListDefect> {
        let (mut elements, mut stays) = (Elements::default(), None);
        cursor.elements(|cursor| {
            let start = cursor.position();
            // To some readers an array of members is an object.
            if cursor.peek() != Some(b'{') {
                return Err(ListDefect::Ambiguous(Defect::NotAMessage));
            }
            let this_stays = self.message(cursor)?;
            elements.next(start..cursor.last_end(), this_stays, &mut self.edits);
            stays = Some(stays.unwrap_or(false) || this_stays);
            Ok(())
        })?;
        elements.end(&mut self.edits);
        Ok(stays.unwrap_or(true))
    }

    /// Whether the message stays.
    fn message(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ListDefect> {
        let mut seen = Seen::new(MESSAGE);
        let (mut id, mut method, mut params, mut unread) = (None, None, None, None);
        let mut has_result = false;
        cursor.members(|cursor, name| {
            match seen.note(&name)? {
                Some("id") => id = Some(read_id(self.text, cursor)?),
                Some("method") => method = text(cursor)?,
                Some("params") => {
                    params = Some(*cursor);
                    cursor.value()?;
                }
                Some(_result) => {
                    has_result = true;
                    match self.is_for_something_else(id.as_ref()) {
                        Some(false) => self.result(cursor)?,
                        Some(true) => cursor.value().map(|_| ())?,
                        None => {
                            unread = Some(*cursor);
                            cursor.value()?;
                        }
                    }
                }
                None => cursor.value().map(|_| ())?,
            }
            Ok::<_, ListDefect>(())
        })?;
        if has_result && method.is_some() {
            return Err(Defect::ResultBesideMethod.into());
        }
        if let Some(mut cursor) = unread
            && self.is_for_something_else(id.as_ref()) != Some(true)
        {
            self.result(&mut cursor)?;
        }
        if method.as_deref() == Some(UPDATED) { self.may_be_told(params) } else { Ok(true) }
    }

    /// Whether an answer with this id is one that nobody waits for as a list; `None` as long as its id may still come.
    fn is_for_something_else(&self, id: Option<&Option<Id>>) -> Option<bool> {
        match id {
            _ if self.expected.others.is_empty() => Some(false),
            Some(Some(id)) => Some(self.expected.others.contains(id)),
            Some(None) => Some(false),
            None => None,
        }
    }

    /// TM-32: a resource that is not the caller's changes unseen. What cannot be told to be one of its own is not.
    fn may_be_told(&mut self, params: Option<Cursor<'_>>) -> Result<bool, ListDefect> {
        let Some(mut params) = params else { return Ok(false) };
        if params.peek() != Some(b'{') {
            return Ok(false);
        }
        let (mut seen, mut uri) = (Seen::new(&["uri"]), None);
        let read = params.members(|cursor, name| {
            match seen.note(&name)? {
                Some(_uri) => uri = text(cursor)?,
                None => cursor.value().map(|_| ())?,
            }
            Ok::<_, ListDefect>(())
        });
        let uri = uri.filter(|uri| read.is_ok() && is_bounded(uri));
        Ok(uri.is_some_and(|uri| self.judge.shows(&Target::Resource(uri.into()))))
    }

    fn result(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ListDefect> {
        match cursor.peek() {
            Some(b'{') => {}
            // To some readers an array of members is an object.
            Some(b'[') => return Err(ListDefect::NotAList),
            _ => return cursor.value().map(|_| ()).map_err(Into::into),
        }
        let start = cursor.position();
        let mut seen = Seen::new(RESULT);
        let (mut scope, mut has_list, mut is_empty) = (None, false, true);
        cursor.members(|cursor, name| {
            is_empty = false;
            match seen.note(&name)? {
                Some("cacheScope") => scope = Some(cursor.value()?),
                Some(list) => {
                    has_list = true;
                    self.list(cursor, List::of(list))?;
                }
                None => cursor.value().map(|_| ())?,
            }
            Ok::<_, ListDefect>(())
        })?;
        if has_list || self.expected.asks_for_list() {
            self.make_private(start, scope, is_empty);
        }
        Ok(())
    }

    /// G-09, TM-36, TM-38: on every page, whether or not something was hidden on it.
    fn make_private(&mut self, start: usize, scope: Option<Range<usize>>, is_empty: bool) {
        match scope {
            Some(scope) if &self.text[scope.clone()] == PRIVATE => {}
            Some(scope) => self.edits.replace(scope, PRIVATE),
            None if !self.expected.is_modern => {}
            None if is_empty => self.edits.insert(start + 1, "\"cacheScope\":\"private\""),
            None => self.edits.insert(start + 1, "\"cacheScope\":\"private\","),
        }
    }

    fn list(&mut self, cursor: &mut Cursor<'_>, list: List) -> Result<(), ListDefect> {
        match cursor.peek() {
            Some(b'[') => {}
            Some(b'n') => return cursor.value().map(|_| ()).map_err(Into::into), // what Go makes of an empty list
            _ => return Err(ListDefect::NotAList),
        }
        let mut elements = Elements::default();
        cursor.elements(|cursor| {
            let start = *cursor;
            let stays = match self.element(cursor, list) {
                Ok(stays) => stays,
                Err(ListDefect::NotJson) => return Err(ListDefect::NotJson),
                // It has no one name to be judged by: it goes, and the others need not suffer for it.
                Err(ListDefect::Ambiguous(_) | ListDefect::NotAList | ListDefect::TooLong) => {
                    *cursor = start;
                    cursor.value()?;
                    false
                }
            };
            elements.next(start.last_end()..cursor.last_end(), stays, &mut self.edits);
            Ok(())
        })?;
        elements.end(&mut self.edits);
        Ok(())
    }

    fn element(&mut self, cursor: &mut Cursor<'_>, list: List) -> Result<bool, ListDefect> {
        if cursor.peek() != Some(b'{') {
            return cursor.value().map(|_| false).map_err(Into::into);
        }
        let mut seen = Seen::new(list.members);
        let (mut found, mut schema) = (None, None);
        cursor.members(|cursor, name| {
            match seen.note(&name)? {
                Some("inputSchema") => schema = Some(cursor.value()?),
                Some(_name) => found = text(cursor)?,
                None => cursor.value().map(|_| ())?,
            }
            Ok::<_, ListDefect>(())
        })?;
        let Some(name) = found.filter(|name| is_bounded(name)) else { return Ok(false) };
        let target = (list.target)(name.into());
        if let (Target::Tool(name), true) = (&target, self.expected.asks_for_list()) {
            let schema = schema.map_or("", |schema| &self.text[schema]);
            self.judge.learns(name, parameters::mirrored(schema));
        }
        Ok(self.judge.shows(&target))
    }
}

/// The string that stands here; of anything else nothing.
fn text<'t>(cursor: &mut Cursor<'t>) -> Result<Option<Cow<'t, str>>, ListDefect> {
    if cursor.peek() == Some(b'"') {
        return Ok(Some(cursor.string()?));
    }
    cursor.value()?;
    Ok(None)
}

/// The id that stands here, if it is one that could have been sent.
fn read_id(all: &str, cursor: &mut Cursor<'_>) -> Result<Option<Id>, ListDefect> {
    if cursor.peek() == Some(b'"') {
        return Ok(Some(Id::Text(cursor.string()?.into())));
    }
    let range = cursor.value()?;
    Ok(all[range].parse().ok().map(Id::Integer))
}
