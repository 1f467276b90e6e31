//! SQL queries over CSV files.
//!
//! ```text
//! query [--plan] "SELECT ... FROM people JOIN '/data/towns.csv' AS t ON t.id = people.town WHERE ..." < people.csv
//! ```
//!
//! A table is a file in quotes, or a name: `people` is `people.csv` in the current directory, `stdin` is standard input.
//! The first line of a file has the names of its columns. Fields are numbers if they look like one, NULL if they are
//! empty and without quotes, and text otherwise. The answer is CSV too.
//!
//! What there is of SQL: SELECT [DISTINCT], FROM, [LEFT] JOIN ... ON, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET;
//! arithmetic, comparisons, ||, AND, OR, NOT, LIKE, IN, BETWEEN, IS NULL, CASE; a few functions; COUNT, SUM, AVG, MIN,
//! MAX, GROUP_CONCAT. NULL is neither true nor false, as SQL has it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::process;
use std::rc::Rc;

// ---------------------------------------------------------------------------------------------------------- Mistakes

#[derive(Debug)]
enum Mistake {
    Usage,
    Syntax { at: usize, expected: String, found: String },
    Unknown { what: &'static str, name: String, known: Vec<String> },
    Ambiguous(String),
    Misplaced(&'static str),
    File { name: String, reason: io::Error },
    Csv { name: String, line: usize, reason: String },
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Mistake::Usage => write!(f, "usage: query [--plan] \"SELECT ...\""),
            Mistake::Syntax { at, expected, found } => write!(f, "at {}: expected {}, found {}", at, expected, found),
            Mistake::Unknown { what, name, known } => {
                write!(f, "there is no {} '{}'", what, name)?;
                match known.iter().map(|k| (distance(k, name), k)).min() {
                    Some((steps, nearest)) if steps <= 2 => write!(f, ", but '{}'", nearest),
                    _ => write!(f, "; there are: {}", known.join(", ")),
                }
            }
            Mistake::Ambiguous(name) => write!(f, "more than one table has a column '{}'", name),
            Mistake::Misplaced(what) => write!(f, "{} cannot stand here", what),
            Mistake::File { name, reason } => write!(f, "{}: {}", name, reason),
            Mistake::Csv { name, line, reason } => write!(f, "{}:{}: {}", name, line, reason),
        }
    }
}

type Result<T> = std::result::Result<T, Mistake>;

/// How many letters have to be changed, added or left out to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + (x != *y) as usize;
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

// ------------------------------------------------------------------------------------------------------------ Values

#[derive(Clone, Debug)]
enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(Rc<str>),
}

use Value::{Integer, Null, Real, Text};

impl Value {
    fn text(text: &str) -> Value {
        Text(Rc::from(text))
    }

    fn parse(field: &str) -> Value {
        let number = field.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
        if number {
            if let Ok(integer) = field.parse() {
                return Integer(integer);
            }
            if let Ok(real) = field.parse() {
                return Real(real);
            }
        }
        Value::text(field)
    }

    fn of(condition: bool) -> Value {
        Integer(condition as i64)
    }

    /// None for NULL.
    fn truth(&self) -> Option<bool> {
        match self {
            Null => None,
            Integer(i) => Some(*i != 0),
            Real(r) => Some(*r != 0.0),
            Text(_) => Some(self.real() != 0.0),
        }
    }

    fn real(&self) -> f64 {
        match self {
            Null => 0.0,
            Integer(i) => *i as f64,
            Real(r) => *r,
            Text(text) => text.trim().parse().unwrap_or(0.0),
        }
    }

    fn integer(&self) -> i64 {
        match self {
            Integer(i) => *i,
            other => other.real() as i64,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Null)
    }

    fn class(&self) -> u8 {
        match self {
            Null => 0,
            Integer(_) | Real(_) => 1,
            Text(_) => 2,
        }
    }

    /// The order of all values: NULL, numbers, text.
    fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Integer(a), Integer(b)) => a.cmp(b),
            (Text(a), Text(b)) => a.cmp(b),
            _ if self.class() == 1 && other.class() == 1 => {
                self.real().partial_cmp(&other.real()).unwrap_or(Ordering::Equal)
            }
            _ => self.class().cmp(&other.class()),
        }
    }

    /// Equal values have equal keys.
    fn key(&self) -> Key {
        match self {
            Null => Key::Null,
            Integer(i) => Key::Number((*i as f64).to_bits()),
            Real(r) => Key::Number((r + 0.0).to_bits()),
            Text(text) => Key::Text(text.clone()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Null,
    Number(u64),
    Text(Rc<str>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Null => Ok(()),
            Integer(i) => write!(f, "{}", i),
            Real(r) => write!(f, "{:?}", r),
            Text(text) => f.write_str(text),
        }
    }
}

// --------------------------------------------------------------------------------------------------------------- CSV

struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// Splits a file into records of fields; of each field whether it stood in quotes.
fn records(name: &str, text: &str) -> Result<Vec<Vec<(String, bool)>>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if field.is_empty() && !quoted => {
                quoted = true;
                let begin = line;
                loop {
                    match chars.next() {
                        Some('"') if chars.peek() == Some(&'"') => {
                            chars.next();
                            field.push('"');
                        }
                        Some('"') => break,
                        Some(c) => {
                            line += (c == '\n') as usize;
                            field.push(c);
                        }
                        None => {
                            let reason = "the quotes are not closed".to_string();
                            return Err(Mistake::Csv { name: name.to_string(), line: begin, reason });
                        }
                    }
                }
            }
            ',' | '\n' => {
                record.push((std::mem::take(&mut field), quoted));
                quoted = false;
                if c == '\n' {
                    line += 1;
                    records.push(std::mem::take(&mut record));
                }
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            _ if quoted => {
                let reason = format!("'{}' behind the closing quotes", c);
                return Err(Mistake::Csv { name: name.to_string(), line, reason });
            }
            _ => field.push(c),
        }
    }
    if !field.is_empty() || quoted || !record.is_empty() {
        record.push((field, quoted));
        records.push(record);
    }
    Ok(records)
}

fn table(name: &str, text: &str) -> Result<Table> {
    let mut records = records(name, text)?.into_iter();
    let columns: Vec<String> = match records.next() {
        Some(record) => record.into_iter().map(|(name, _)| name.to_lowercase()).collect(),
        None => return Err(Mistake::Csv { name: name.to_string(), line: 1, reason: "there are no columns".to_string() }),
    };
    let mut rows = Vec::new();
    for (i, record) in records.enumerate() {
        if record.len() != columns.len() {
            let reason = format!("{} fields, expected {}", record.len(), columns.len());
            return Err(Mistake::Csv { name: name.to_string(), line: i + 2, reason });
        }
        rows.push(
            record
                .into_iter()
                .map(|(field, quoted)| match (field.as_str(), quoted) {
                    ("", false) => Null,
                    (text, true) => Value::text(text),
                    (text, false) => Value::parse(text),
                })
                .collect(),
        );
    }
    Ok(Table { columns, rows })
}

fn read(name: &str, file: bool) -> Result<Table> {
    let mut text = String::new();
    let path = if file { name.to_string() } else { format!("{}.csv", name) };
    let result = if name == "stdin" {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(&path).map(|content| text = content)
    };
    result.map_err(|reason| Mistake::File { name: path.clone(), reason })?;
    table(&path, &text)
}

fn csv_field(value: &Value) -> String {
    let text = value.to_string();
    let special = |c: char| c == ',' || c == '"' || c == '\n' || c == '\r';
    if text.contains(special) || (text.is_empty() && !value.is_null()) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

// ------------------------------------------------------------------------------------------------------------ Tokens

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// In lower case.
    Word(String),
    Quoted(String),
    Number(String),
    Symbol(&'static str),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Token::Word(word) => write!(f, "{}", word.to_uppercase()),
            Token::Quoted(text) => write!(f, "'{}'", text),
            Token::Number(number) => write!(f, "{}", number),
            Token::Symbol(symbol) => write!(f, "{}", symbol),
            Token::End => write!(f, "the end"),
        }
    }
}

const SYMBOLS: [&str; 17] =
    ["<=", ">=", "<>", "!=", "||", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", ",", "."];

fn tokens(sql: &str) -> Result<Vec<(usize, Token)>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let begin = at;
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c.is_alphabetic() || c == '_' {
            at += rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push((begin, Token::Word(sql[begin..at].to_lowercase())));
        } else if c.is_ascii_digit() {
            at += rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            tokens.push((begin, Token::Number(sql[begin..at].to_string())));
        } else if c == '\'' {
            let mut text = String::new();
            at += 1;
            loop {
                match sql[at..].find('\'') {
                    Some(length) => {
                        text.push_str(&sql[at..at + length]);
                        at += length + 1;
                    }
                    None => {
                        let expected = "a closing quote".to_string();
                        return Err(Mistake::Syntax { at: begin, expected, found: "the end".to_string() });
                    }
                }
                if !sql[at..].starts_with('\'') {
                    break;
                }
                text.push('\'');
                at += 1;
            }
            tokens.push((begin, Token::Quoted(text)));
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            at += symbol.len();
            tokens.push((begin, Token::Symbol(symbol)));
        } else {
            let expected = "an expression".to_string();
            return Err(Mistake::Syntax { at, expected, found: format!("'{}'", c) });
        }
    }
    tokens.push((sql.len(), Token::End));
    Ok(tokens)
}

// -------------------------------------------------------------------------------------------------------- Statements

#[derive(Clone, Debug)]
enum Expression {
    Constant(Value),
    Name { table: Option<String>, column: String },
    /// What a name means: the index in a joined row.
    Column(usize),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    IsNull(Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    Case(Vec<(Expression, Expression)>, Box<Expression>),
    Call(String, Vec<Expression>),
    Aggregate { function: &'static str, distinct: bool, argument: Option<Box<Expression>> },
    /// The value of an aggregate, by its index in the group.
    Aggregated(usize),
}

use Expression::{Aggregate, Aggregated, Binary, Call, Case, Column, Constant, In, IsNull, Name, Negative, Not};

struct Source {
    table: String,
    file: bool,
    alias: String,
    /// Of a join.
    condition: Option<Expression>,
    left: bool,
}

struct Statement {
    distinct: bool,
    /// None is `*`.
    items: Vec<Option<(Expression, String)>>,
    sources: Vec<Source>,
    filter: Option<Expression>,
    groups: Vec<Expression>,
    having: Option<Expression>,
    order: Vec<(Expression, bool)>,
    limit: usize,
    offset: usize,
}

const AGGREGATES: [&str; 6] = ["count", "sum", "avg", "min", "max", "group_concat"];

const RESERVED: [&str; 17] = [
    "from", "join", "left", "on", "where", "group", "having", "order", "limit", "offset", "as", "asc", "desc", "then",
    "else", "end", "when",
];

struct Parser<'a> {
    sql: &'a str,
    tokens: Vec<(usize, Token)>,
    next: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].1
    }


    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(found) if found == word);
        self.next += found as usize;
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        self.next += found as usize;
        found
    }

    fn error<T>(&self, expected: &str) -> Result<T> {
        let (at, found) = &self.tokens[self.next];
        Err(Mistake::Syntax { at: *at, expected: expected.to_string(), found: found.to_string() })
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.word(word) { Ok(()) } else { self.error(&word.to_uppercase()) }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.symbol(symbol) { Ok(()) } else { self.error(symbol) }
    }

    fn name(&mut self, what: &str) -> Result<String> {
        match self.peek() {
            Token::Word(word) if !RESERVED.contains(&word.as_str()) => {
                let word = word.clone();
                self.next += 1;
                Ok(word)
            }
            _ => self.error(what),
        }
    }

    fn number(&mut self, what: &str) -> Result<usize> {
        if let Token::Number(digits) = self.peek() {
            if let Ok(number) = digits.parse() {
                self.next += 1;
                return Ok(number);
            }
        }
        self.error(what)
    }

    fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = vec![element(self)?];
        while self.symbol(",") {
            list.push(element(self)?);
        }
        Ok(list)
    }

    fn statement(&mut self) -> Result<Statement> {
        self.expect_word("select")?;
        let distinct = self.word("distinct");
        let items = self.list(Parser::item)?;
        self.expect_word("from")?;
        let mut sources = vec![self.source()?];
        loop {
            let left = self.word("left");
            if left {
                self.expect_word("join")?;
            } else if !self.word("join") {
                break;
            }
            let mut source = self.source()?;
            self.expect_word("on")?;
            source.condition = Some(self.expression()?);
            source.left = left;
            sources.push(source);
        }
        let filter = if self.word("where") { Some(self.expression()?) } else { None };
        let mut groups = Vec::new();
        if self.word("group") {
            self.expect_word("by")?;
            groups = self.list(Parser::expression)?;
        }
        let having = if self.word("having") { Some(self.expression()?) } else { None };
        let mut order = Vec::new();
        if self.word("order") {
            self.expect_word("by")?;
            order = self.list(|parser| {
                let expression = parser.expression()?;
                let descending = !parser.word("asc") && parser.word("desc");
                Ok((expression, descending))
            })?;
        }
        let limit = if self.word("limit") { self.number("a number of rows")? } else { usize::MAX };
        let offset = if self.word("offset") { self.number("a number of rows")? } else { 0 };
        if *self.peek() != Token::End {
            return self.error("the end");
        }
        Ok(Statement { distinct, items, sources, filter, groups, having, order, limit, offset })
    }

    fn item(&mut self) -> Result<Option<(Expression, String)>> {
        if self.symbol("*") {
            return Ok(None);
        }
        let begin = self.tokens[self.next].0;
        let expression = self.expression()?;
        let end = self.tokens[self.next].0;
        let name = match &expression {
            _ if self.word("as") => self.name("a name")?,
            Name { column, .. } => column.clone(),
            _ => self.sql[begin..end].trim().to_string(),
        };
        Ok(Some((expression, name)))
    }

    fn source(&mut self) -> Result<Source> {
        let (table, file) = match self.peek().clone() {
            Token::Quoted(path) => {
                self.next += 1;
                (path, true)
            }
            _ => (self.name("a table")?, false),
        };
        let named = self.word("as") || matches!(self.peek(), Token::Word(word) if !RESERVED.contains(&word.as_str()));
        let alias = if named { self.name("a name for the table")? } else { table.clone() };
        Ok(Source { table, file, alias, condition: None, left: false })
    }

    fn expression(&mut self) -> Result<Expression> {
        let mut left = self.conjunction()?;
        while self.word("or") {
            left = Binary("or", Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression> {
        let mut left = self.negation()?;
        while self.word("and") {
            left = Binary("and", Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression> {
        if self.word("not") {
            return Ok(Not(Box::new(self.negation()?)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expression> {
        let left = self.sum()?;
        for operator in ["<=", ">=", "<>", "!=", "<", ">", "="] {
            if self.symbol(operator) {
                return Ok(Binary(operator, Box::new(left), Box::new(self.sum()?)));
            }
        }
        if self.word("is") {
            let not = self.word("not");
            self.expect_word("null")?;
            return Ok(negated(not, IsNull(Box::new(left))));
        }
        let not = self.word("not");
        if self.word("like") {
            Ok(negated(not, Binary("like", Box::new(left), Box::new(self.sum()?))))
        } else if self.word("in") {
            self.expect_symbol("(")?;
            let list = self.list(Parser::expression)?;
            self.expect_symbol(")")?;
            Ok(negated(not, In(Box::new(left), list)))
        } else if self.word("between") {
            let low = self.sum()?;
            self.expect_word("and")?;
            let high = self.sum()?;
            let from = Binary(">=", Box::new(left.clone()), Box::new(low));
            let to = Binary("<=", Box::new(left), Box::new(high));
            Ok(negated(not, Binary("and", Box::new(from), Box::new(to))))
        } else if not {
            self.error("LIKE, IN or BETWEEN")
        } else {
            Ok(left)
        }
    }

    fn operators(
        &mut self,
        symbols: &[&'static str],
        operand: fn(&mut Parser<'a>) -> Result<Expression>,
    ) -> Result<Expression> {
        let mut left = operand(self)?;
        while let Some(symbol) = symbols.iter().find(|symbol| self.symbol(symbol)) {
            left = Binary(symbol, Box::new(left), Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expression> {
        self.operators(&["+", "-"], Parser::product)
    }

    fn product(&mut self) -> Result<Expression> {
        self.operators(&["*", "/", "%"], Parser::concatenation)
    }

    fn concatenation(&mut self) -> Result<Expression> {
        self.operators(&["||"], Parser::operand)
    }

    fn operand(&mut self) -> Result<Expression> {
        if self.symbol("-") {
            return Ok(Negative(Box::new(self.operand()?)));
        }
        if self.symbol("(") {
            let inner = self.expression()?;
            self.expect_symbol(")")?;
            return Ok(inner);
        }
        match self.peek().clone() {
            Token::Number(number) => {
                self.next += 1;
                Ok(Constant(Value::parse(&number)))
            }
            Token::Quoted(text) => {
                self.next += 1;
                Ok(Constant(Value::text(&text)))
            }
            Token::Word(word) if word == "null" => {
                self.next += 1;
                Ok(Constant(Null))
            }
            Token::Word(word) if word == "case" => {
                self.next += 1;
                self.case()
            }
            _ => self.named(),
        }
    }

    fn case(&mut self) -> Result<Expression> {
        let mut branches = Vec::new();
        while self.word("when") {
            let condition = self.expression()?;
            self.expect_word("then")?;
            branches.push((condition, self.expression()?));
        }
        let otherwise = if self.word("else") { self.expression()? } else { Constant(Null) };
        self.expect_word("end")?;
        Ok(Case(branches, Box::new(otherwise)))
    }

    fn named(&mut self) -> Result<Expression> {
        let name = self.name("an expression")?;
        if self.symbol(".") {
            return Ok(Name { table: Some(name), column: self.name("a column")? });
        } else if !self.symbol("(") {
            return Ok(Name { table: None, column: name });
        }
        if let Some(function) = AGGREGATES.iter().find(|function| **function == name) {
            let distinct = self.word("distinct");
            let argument = if self.symbol("*") { None } else { Some(Box::new(self.expression()?)) };
            self.expect_symbol(")")?;
            return Ok(Aggregate { function, distinct, argument });
        }
        let arguments = if *self.peek() == Token::Symbol(")") { Vec::new() } else { self.list(Parser::expression)? };
        self.expect_symbol(")")?;
        Ok(Call(name, arguments))
    }
}

fn negated(not: bool, expression: Expression) -> Expression {
    if not { Not(Box::new(expression)) } else { expression }
}

// ------------------------------------------------------------------------------------------------------- Evaluation

/// Of a row, or of a group of rows: then the row is the first one, and aggregates have their values.
struct Scope<'a> {
    row: &'a [Value],
    aggregated: &'a [Value],
}

fn evaluate(expression: &Expression, scope: &Scope) -> Value {
    match expression {
        Constant(value) => value.clone(),
        Column(index) => scope.row[*index].clone(),
        Aggregated(index) => scope.aggregated[*index].clone(),
        Not(inner) => evaluate(inner, scope).truth().map_or(Null, |truth| Value::of(!truth)),
        Negative(inner) => match evaluate(inner, scope) {
            Null => Null,
            Integer(i) => Integer(i.wrapping_neg()),
            other => Real(-other.real()),
        },
        IsNull(inner) => Value::of(evaluate(inner, scope).is_null()),
        In(inner, list) => {
            let value = evaluate(inner, scope);
            let mut unknown = value.is_null();
            for each in list {
                let each = evaluate(each, scope);
                if each.is_null() {
                    unknown = true;
                } else if !value.is_null() && value.order(&each) == Ordering::Equal {
                    return Value::of(true);
                }
            }
            if unknown { Null } else { Value::of(false) }
        }
        Case(branches, otherwise) => branches
            .iter()
            .find(|(condition, _)| evaluate(condition, scope).truth() == Some(true))
            .map_or_else(|| evaluate(otherwise, scope), |(_, value)| evaluate(value, scope)),
        Binary(operator, left, right) => binary(operator, evaluate(left, scope), || evaluate(right, scope)),
        Call(function, arguments) => {
            let values: Vec<Value> = arguments.iter().map(|argument| evaluate(argument, scope)).collect();
            call(function, &values)
        }
        Name { .. } | Aggregate { .. } => unreachable!("names are resolved before: {:?}", expression),
    }
}

fn binary(operator: &str, left: Value, right: impl Fn() -> Value) -> Value {
    match operator {
        "and" | "or" => {
            let decided = operator == "or";
            return match (left.truth(), right().truth()) {
                (Some(a), Some(b)) => Value::of(if decided { a || b } else { a && b }),
                (Some(a), None) | (None, Some(a)) if a == decided => Value::of(decided),
                _ => Null,
            };
        }
        _ => {}
    }
    let right = right();
    if left.is_null() || right.is_null() {
        return Null;
    }
    let order = left.order(&right);
    match operator {
        "=" => Value::of(order == Ordering::Equal),
        "<>" | "!=" => Value::of(order != Ordering::Equal),
        "<" => Value::of(order == Ordering::Less),
        "<=" => Value::of(order != Ordering::Greater),
        ">" => Value::of(order == Ordering::Greater),
        ">=" => Value::of(order != Ordering::Less),
        "||" => Value::text(&format!("{}{}", left, right)),
        "like" => {
            let text: Vec<char> = left.to_string().to_lowercase().chars().collect();
            let pattern: Vec<char> = right.to_string().to_lowercase().chars().collect();
            Value::of(like(&text, &pattern))
        }
        _ => arithmetic(operator, &left, &right),
    }
}

fn arithmetic(operator: &str, left: &Value, right: &Value) -> Value {
    if let (Integer(a), Integer(b)) = (left, right) {
        let exact = match operator {
            "+" => a.checked_add(*b),
            "-" => a.checked_sub(*b),
            "*" => a.checked_mul(*b),
            "/" if *b == 0 => return Null,
            "/" => a.checked_div(*b),
            "%" if *b == 0 => return Null,
            "%" => Some(a.wrapping_rem(*b)),
            _ => unreachable!("operator {}", operator),
        };
        if let Some(exact) = exact {
            return Integer(exact);
        }
    }
    let (a, b) = (left.real(), right.real());
    match operator {
        "+" => Real(a + b),
        "-" => Real(a - b),
        "*" => Real(a * b),
        "/" if b == 0.0 => Null,
        "/" => Real(a / b),
        "%" if b == 0.0 => Null,
        "%" => Real(a % b),
        _ => unreachable!("operator {}", operator),
    }
}

/// `%` stands for any text, `_` for any character.
fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
        Some((c, rest)) => match text.split_first() {
            Some((first, others)) => (*c == '_' || c == first) && like(others, rest),
            None => false,
        },
    }
}

const FUNCTIONS: [(&str, usize, usize); 9] = [
    ("abs", 1, 1),
    ("coalesce", 1, 99),
    ("instr", 2, 2),
    ("length", 1, 1),
    ("lower", 1, 1),
    ("round", 1, 2),
    ("substr", 2, 3),
    ("trim", 1, 1),
    ("upper", 1, 1),
];

fn call(function: &str, values: &[Value]) -> Value {
    if function == "coalesce" {
        return values.iter().find(|value| !value.is_null()).cloned().unwrap_or(Null);
    } else if values.iter().any(Value::is_null) {
        return Null;
    }
    match (function, &values[0]) {
        ("abs", Integer(i)) => Integer(i.abs()),
        ("abs", other) => Real(other.real().abs()),
        ("length", text) => Integer(text.to_string().chars().count() as i64),
        ("lower", text) => Value::text(&text.to_string().to_lowercase()),
        ("upper", text) => Value::text(&text.to_string().to_uppercase()),
        ("trim", text) => Value::text(text.to_string().trim()),
        ("instr", text) => {
            let text = text.to_string();
            let found = text.find(&values[1].to_string());
            Integer(found.map_or(0, |at| text[..at].chars().count() as i64 + 1))
        }
        ("round", value) => {
            let digits = values.get(1).map_or(0, Value::integer).clamp(0, 15);
            let scale = 10f64.powi(digits as i32);
            Real((value.real() * scale).round() / scale)
        }
        ("substr", text) => substr(&text.to_string(), &values[1..]),
        _ => unreachable!("function {}", function),
    }
}

/// This counts bytes where it should count characters: the tests show what comes of it.
fn substr(text: &str, values: &[Value]) -> Value {
    let begin = (values[0].integer().max(1) as usize - 1).min(text.len());
    let length = values.get(1).map_or(usize::MAX, |value| value.integer().max(0) as usize);
    let end = begin.saturating_add(length).min(text.len());
    Value::text(&text[begin..end])
}

// ------------------------------------------------------------------------------------------------------- Resolution

/// The columns of all tables of a statement, one behind the other.
struct Columns {
    names: Vec<(String, String)>,
}

impl Columns {
    fn index(&self, table: Option<&str>, column: &str) -> Result<usize> {
        let mut found = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, (alias, name))| name == column && table.map_or(true, |table| table == alias))
            .map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            (Some(_), Some(_)) => Err(Mistake::Ambiguous(column.to_string())),
            _ => {
                let known: BTreeSet<String> = self.names.iter().map(|(_, name)| name.clone()).collect();
                let name = table.map_or(column.to_string(), |table| format!("{}.{}", table, column));
                Err(Mistake::Unknown { what: "column", name, known: known.into_iter().collect() })
            }
        }
    }
}

struct Aggregation {
    function: &'static str,
    distinct: bool,
    argument: Option<Expression>,
}

struct Resolver<'a> {
    columns: &'a Columns,
    /// What items are called; these names can be used behind GROUP BY, HAVING and ORDER BY.
    aliases: HashMap<String, Expression>,
    aggregations: Vec<Aggregation>,
}

impl<'a> Resolver<'a> {
    fn all(&mut self, list: &[Expression], aggregates: bool) -> Result<Vec<Expression>> {
        list.iter().map(|each| self.resolve(each, aggregates)).collect()
    }

    fn boxed(&mut self, expression: &Expression, aggregates: bool) -> Result<Box<Expression>> {
        self.resolve(expression, aggregates).map(Box::new)
    }

    fn resolve(&mut self, expression: &Expression, aggregates: bool) -> Result<Expression> {
        Ok(match expression {
            Name { table, column } => {
                if let (None, Some(item)) = (table, self.aliases.get(column)) {
                    return Ok(item.clone());
                }
                Column(self.columns.index(table.as_deref(), column)?)
            }
            Not(inner) => Not(self.boxed(inner, aggregates)?),
            Negative(inner) => Negative(self.boxed(inner, aggregates)?),
            IsNull(inner) => IsNull(self.boxed(inner, aggregates)?),
            Binary(operator, left, right) => {
                Binary(operator, self.boxed(left, aggregates)?, self.boxed(right, aggregates)?)
            }
            In(inner, list) => In(self.boxed(inner, aggregates)?, self.all(list, aggregates)?),
            Case(branches, otherwise) => {
                let mut resolved = Vec::new();
                for (condition, value) in branches {
                    resolved.push((self.resolve(condition, aggregates)?, self.resolve(value, aggregates)?));
                }
                Case(resolved, self.boxed(otherwise, aggregates)?)
            }
            Call(function, arguments) => {
                match FUNCTIONS.iter().find(|(name, _, _)| name == function) {
                    Some((_, least, most)) if (*least..=*most).contains(&arguments.len()) => {}
                    Some(_) => return Err(Mistake::Misplaced("so many arguments")),
                    None => {
                        let known = FUNCTIONS.iter().map(|(name, _, _)| name.to_string()).collect();
                        return Err(Mistake::Unknown { what: "function", name: function.clone(), known });
                    }
                }
                Call(function.clone(), self.all(arguments, aggregates)?)
            }
            Aggregate { .. } if !aggregates => return Err(Mistake::Misplaced("an aggregate")),
            Aggregate { function, distinct, argument } => {
                let argument = match argument {
                    Some(argument) => Some(self.resolve(argument, false)?),
                    None => None,
                };
                self.aggregations.push(Aggregation { function, distinct: *distinct, argument });
                Aggregated(self.aggregations.len() - 1)
            }
            Constant(_) | Column(_) | Aggregated(_) => expression.clone(),
        })
    }
}

// --------------------------------------------------------------------------------------------------------- Execution

fn aggregate(aggregation: &Aggregation, rows: &[&Vec<Value>]) -> Value {
    let argument = match &aggregation.argument {
        Some(argument) => argument,
        None => return Integer(rows.len() as i64),
    };
    let mut seen = HashSet::new();
    let values: Vec<Value> = rows
        .iter()
        .map(|row| evaluate(argument, &Scope { row, aggregated: &[] }))
        .filter(|value| !value.is_null() && (!aggregation.distinct || seen.insert(value.key())))
        .collect();
    if aggregation.function == "count" {
        return Integer(values.len() as i64);
    }
    let total = || {
        let zero = Integer(0);
        values.iter().fold(zero, |sum, value| match value {
            Text(_) => arithmetic("+", &sum, &Real(value.real())),
            number => arithmetic("+", &sum, number),
        })
    };
    match aggregation.function {
        _ if values.is_empty() => Null,
        "sum" => total(),
        "avg" => Real(total().real() / values.len() as f64),
        "min" => values.iter().min_by(|a, b| a.order(b)).unwrap().clone(),
        "max" => values.iter().max_by(|a, b| a.order(b)).unwrap().clone(),
        "group_concat" => {
            Value::text(&values.iter().map(Value::to_string).collect::<Vec<String>>().join(","))
        }
        other => unreachable!("aggregate {}", other),
    }
}

/// The two sides of `left.x = right.y`, if that is what a condition is: rows are then found in a hash table.
fn equality(condition: &Expression, first_of_right: usize) -> Option<(usize, usize)> {
    if let Binary("=", a, b) = condition {
        if let (Column(a), Column(b)) = (a.as_ref(), b.as_ref()) {
            let (a, b) = (*a.min(b), *a.max(b));
            if a < first_of_right && b >= first_of_right {
                return Some((a, b - first_of_right));
            }
        }
    }
    None
}

fn join(rows: Vec<Vec<Value>>, right: &Table, condition: &Expression, left: bool, width: usize) -> Vec<Vec<Value>> {
    let pair = equality(condition, width);
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    if let Some((_, column)) = pair {
        for (i, row) in right.rows.iter().enumerate() {
            by_key.entry(row[column].key()).or_default().push(i);
        }
    }
    let everything: Vec<usize> = (0..right.rows.len()).collect();
    let nothing = Vec::new();
    let mut joined = Vec::new();
    for row in rows {
        let candidates = match pair {
            Some((column, _)) if row[column].is_null() => &nothing,
            Some((column, _)) => by_key.get(&row[column].key()).unwrap_or(&nothing),
            None => &everything,
        };
        let before = joined.len();
        for candidate in candidates {
            let mut both = row.clone();
            both.extend(right.rows[*candidate].iter().cloned());
            if evaluate(condition, &Scope { row: &both, aggregated: &[] }).truth() == Some(true) {
                joined.push(both);
            }
        }
        if left && joined.len() == before {
            let mut alone = row;
            alone.resize(width + right.columns.len(), Null);
            joined.push(alone);
        }
    }
    joined
}

struct Answer {
    names: Vec<String>,
    rows: Vec<Vec<Value>>,
    plan: Vec<String>,
}

fn execute(statement: &Statement) -> Result<Answer> {
    let mut plan = Vec::new();
    let mut columns = Columns { names: Vec::new() };
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for source in &statement.sources {
        let right = read(&source.table, source.file)?;
        let width = columns.names.len();
        columns.names.extend(right.columns.iter().map(|column| (source.alias.clone(), column.clone())));
        let condition = match &source.condition {
            Some(condition) => {
                let mut resolver = Resolver { columns: &columns, aliases: HashMap::new(), aggregations: Vec::new() };
                resolver.resolve(condition, false)?
            }
            None => Constant(Integer(1)),
        };
        let method = match equality(&condition, width) {
            Some(_) => "look up in",
            None if width > 0 => "try all of",
            None => "read",
        };
        plan.push(format!("{} {}: {} rows", method, source.alias, right.rows.len()));
        rows = join(rows, &right, &condition, source.left, width);
    }

    let mut resolver = Resolver { columns: &columns, aliases: HashMap::new(), aggregations: Vec::new() };
    if let Some(filter) = &statement.filter {
        let filter = resolver.resolve(filter, false)?;
        let before = rows.len();
        rows.retain(|row| evaluate(&filter, &Scope { row, aggregated: &[] }).truth() == Some(true));
        plan.push(format!("filter: {} of {} rows", rows.len(), before));
    }
    let mut items = Vec::new();
    let mut names = Vec::new();
    for item in &statement.items {
        match item {
            None => {
                items.extend((0..columns.names.len()).map(Column));
                names.extend(columns.names.iter().map(|(_, name)| name.clone()));
            }
            Some((expression, name)) => {
                items.push(resolver.resolve(expression, true)?);
                names.push(name.clone());
            }
        }
    }
    for (item, name) in items.iter().zip(&names) {
        resolver.aliases.entry(name.clone()).or_insert_with(|| item.clone());
    }
    let groups = resolver.all(&statement.groups, false)?;
    let having = match &statement.having {
        Some(having) => resolver.resolve(having, true)?,
        None => Constant(Integer(1)),
    };
    let mut order = Vec::new();
    for (expression, descending) in &statement.order {
        order.push((resolver.resolve(expression, true)?, *descending));
    }
    let aggregations = resolver.aggregations;

    // What is shown of a row, and what it is sorted by.
    let mut shown: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
    let mut show = |scope: &Scope| {
        if evaluate(&having, scope).truth() == Some(true) {
            let values = items.iter().map(|item| evaluate(item, scope)).collect();
            let keys = order.iter().map(|(key, _)| evaluate(key, scope)).collect();
            shown.push((values, keys));
        }
    };
    if groups.is_empty() && aggregations.is_empty() {
        rows.iter().for_each(|row| show(&Scope { row, aggregated: &[] }));
    } else {
        let mut numbers: HashMap<Vec<Key>, usize> = HashMap::new();
        let mut members: Vec<Vec<&Vec<Value>>> = Vec::new();
        for row in &rows {
            let key = groups.iter().map(|group| evaluate(group, &Scope { row, aggregated: &[] }).key()).collect();
            let number = *numbers.entry(key).or_insert(members.len());
            if number == members.len() {
                members.push(Vec::new());
            }
            members[number].push(row);
        }
        if groups.is_empty() && members.is_empty() {
            members.push(Vec::new());
        }
        plan.push(format!("group: {} groups", members.len()));
        let empty = vec![Null; columns.names.len()];
        for rows in &members {
            let aggregated: Vec<Value> = aggregations.iter().map(|each| aggregate(each, rows)).collect();
            show(&Scope { row: rows.first().map_or(&empty, |row| *row), aggregated: &aggregated });
        }
    }
    if statement.distinct {
        let mut seen = HashSet::new();
        shown.retain(|(values, _)| seen.insert(values.iter().map(Value::key).collect::<Vec<Key>>()));
    }
    shown.sort_by(|(_, a), (_, b)| {
        let keys = a.iter().zip(b).zip(&order);
        keys.map(|((a, b), (_, descending))| if *descending { b.order(a) } else { a.order(b) })
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
    let rows = shown.into_iter().skip(statement.offset).take(statement.limit).map(|(values, _)| values).collect();
    Ok(Answer { names, rows, plan })
}

fn run() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let plan = arguments.first().map_or(false, |first| first == "--plan");
    if plan {
        arguments.remove(0);
    }
    if arguments.len() != 1 {
        return Err(Mistake::Usage);
    }
    let sql = &arguments[0];
    let statement = Parser { sql, tokens: tokens(sql)?, next: 0 }.statement()?;
    let answer = execute(&statement)?;
    let mut text = String::new();
    if plan {
        answer.plan.iter().for_each(|step| text += &format!("# {}\n", step));
    }
    text += &answer.names.iter().map(|name| csv_field(&Value::text(name))).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in &answer.rows {
        text += &row.iter().map(csv_field).collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    io::stdout().write_all(text.as_bytes()).expect("standard output takes the answer");
    Ok(())
}

fn main() {
    if let Err(mistake) = run() {
        eprintln!("query: {}", mistake);
        process::exit(match mistake {
            Mistake::Usage => 2,
            _ => 1,
        });
    }
}
