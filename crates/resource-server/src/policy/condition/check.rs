//! What can be known of an expression before anybody asks: that it names what there is, and that it ends soon.

use super::{ConditionError, Reads};
use cel::{
    IdedExpr, Program,
    common::ast::{EntryExpr, Expr, operators},
};

/// What a condition may call. Nothing here takes longer than its operands are long.
const FUNCTIONS: [&str; 15] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "type",
    "dyn",
    "orValue",
    "hasValue",
    "value",
    "or",
];
const OPERATORS: [&str; 20] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::OPT_INDEX,
    operators::OPT_SELECT,
    operators::IN,
];
/// Deeper ones cannot be read by people, and are judged on a small stack.
const MAX_DEPTH: usize = 50;

/// Which variables a program reads.
pub(super) fn check(program: &Program) -> Result<Reads, ConditionError> {
    let mut check =
        Check { program, reads: Reads::default(), bound: Vec::new(), accumulator: None, depth: 0 };
    check.expression(program.expression())?;
    Ok(check.reads)
}

struct Check<'p> {
    program: &'p Program,
    reads: Reads,
    /// Variables of comprehensions.
    bound: Vec<&'p str>,
    /// Inside a comprehension: where it collects.
    accumulator: Option<&'p str>,
    depth: usize,
}

impl<'p> Check<'p> {
    fn expression(&mut self, expression: &'p IdedExpr) -> Result<(), ConditionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(expression, "the expression is nested too deeply".to_owned()));
        }
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => self.variable(expression, name)?,
            Expr::Select(select) => self.expression(&select.operand)?,
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.expression(element))?,
            Expr::Map(map) => self.entries(map.entries.iter().map(|entry| &entry.expr))?,
            Expr::Struct(it) => {
                return Err(self.wrong(expression, format!("there is no type `{}` here", it.type_name)));
            }
            Expr::Call(call) => {
                let name = call.func_name.as_str();
                if !FUNCTIONS.contains(&name) && !OPERATORS.contains(&name) && !self.is_of_a_macro(name) {
                    let known = FUNCTIONS.join(", ");
                    return Err(
                        self.wrong(expression, format!("there is no function `{name}`; there are {known}"))
                    );
                }
                if name == operators::ADD && self.accumulator.is_some() && !self.collects(&call.args) {
                    let what = "`+` may not stand in a comprehension: it could grow with every element";
                    return Err(self.wrong(expression, what.to_owned()));
                }
                call.target.iter().try_for_each(|target| self.expression(target))?;
                call.args.iter().try_for_each(|argument| self.expression(argument))?;
            }
            Expr::Comprehension(it) => {
                self.expression(&it.iter_range)?;
                if self.accumulator.is_some() {
                    let what = "a comprehension may not stand in another one: it would cost too much";
                    return Err(self.wrong(&it.iter_range, what.to_owned()));
                }
                let outer = self.bound.len();
                self.bound.extend([it.iter_var.as_str(), it.accu_var.as_str()]);
                self.bound.extend(it.iter_var2.as_deref());
                self.accumulator = Some(&it.accu_var);
                for part in [&it.accu_init, &it.loop_cond, &it.loop_step, &it.result] {
                    self.expression(part)?;
                }
                self.accumulator = None;
                self.bound.truncate(outer);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn entries(&mut self, entries: impl Iterator<Item = &'p EntryExpr>) -> Result<(), ConditionError> {
        for entry in entries {
            match entry {
                EntryExpr::StructField(field) => self.expression(&field.value)?,
                EntryExpr::MapEntry(entry) => {
                    self.expression(&entry.key)?;
                    self.expression(&entry.value)?;
                }
            }
        }
        Ok(())
    }

    fn variable(&mut self, expression: &IdedExpr, name: &str) -> Result<(), ConditionError> {
        if self.bound.contains(&name) {
            return Ok(());
        }
        let read = match name {
            "claims" => &mut self.reads.claims,
            "token" => &mut self.reads.token,
            "operation" => &mut self.reads.operation,
            "arguments" => &mut self.reads.arguments,
            _ => {
                let what = format!("there is no `{name}`; there are claims, token, operation and arguments");
                return Err(self.wrong(expression, what));
            }
        };
        *read = true;
        Ok(())
    }

    /// Macros expand to calls that nobody can write.
    fn is_of_a_macro(&self, name: &str) -> bool {
        self.accumulator.is_some() && name == operators::NOT_STRICTLY_FALSE
    }

    /// Whether a sum is a macro's own: what it has collected, and one element.
    fn collects(&self, operands: &[IdedExpr]) -> bool {
        let first = operands.first().map(|first| &first.expr);
        matches!(first, Some(Expr::Ident(name)) if Some(name.as_str()) == self.accumulator)
    }

    fn wrong(&self, expression: &IdedExpr, what: String) -> ConditionError {
        let at = self.program.source_info().offset_for(expression.id);
        ConditionError { at: at.map(|(start, _)| start as usize + 1), what }
    }
}
