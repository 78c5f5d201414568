use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Fields, Member};

use crate::record::Record;

/// The types of a record's view and of what can change in it: each field's are parameters, so that these
/// types need nothing of what the record needs.
pub(crate) struct Types {
    pub(crate) view: Ident,
    pub(crate) change: Ident,
    /// The variants of the changes, by field.
    pub(crate) variants: Vec<Ident>,
    /// What declares them.
    pub(crate) declared: TokenStream,
}

impl Types {
    pub(crate) fn new(record: &Record<'_>) -> Self {
        let name = &record.input.ident;
        let (view, change) = (format_ident!("{name}View"), format_ident!("{name}Change"));
        let variants: Vec<_> = record.members().map(variant).collect();
        let members: Vec<_> = record.members().collect();
        let shown: Vec<_> = (0..members.len()).map(|at| format_ident!("V{at}")).collect();
        let news: Vec<_> = (0..members.len()).map(|at| format_ident!("C{at}")).collect();
        let visibility = &record.input.vis;
        let derived = quote! {
            #[automatically_derived]
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        };
        let of_fields: Vec<_> = record
            .fields
            .iter()
            .zip(&shown)
            .map(|((member, field), shown)| {
                let (visibility, told) =
                    (&field.vis, format!("What is shown of {}.", told(member)));
                let name = match member {
                    Member::Named(name) => Some(quote!(#name:)),
                    Member::Unnamed(_) => None,
                };
                quote!(#[doc = #told] #visibility #name #shown)
            })
            .collect();
        let fields = match record.shape() {
            Fields::Named(_) => quote!({ #(#of_fields),* }),
            Fields::Unnamed(_) => quote!((#(#of_fields),*);),
            Fields::Unit => quote!(;),
        };
        let (of_view, of_change) =
            (format!("What is shown of a [`{name}`]."), format!("What changed in a [`{name}`]."));
        let of_variants = members.iter().map(|member| format!("This changed in {}.", told(member)));
        let (apply, misfit) =
            (quote!(::glomers_crdt::changes::Apply), quote!(::glomers_crdt::changes::Misfit));
        let declared = quote! {
            #[doc = #of_view]
            #derived
            #visibility struct #view<#(#shown),*> #fields

            #[doc = #of_change]
            #derived
            #visibility enum #change<#(#news),*> {
                #(#[doc = #of_variants] #variants(#news)),*
            }

            #[automatically_derived]
            impl<#(#shown,)* #(#news: #apply<#shown>),*> #apply<#view<#(#shown),*>>
                for #change<#(#news),*>
            {
                fn apply(
                    self,
                    view: &mut #view<#(#shown),*>,
                ) -> ::core::result::Result<(), #misfit> {
                    // There may be no field.
                    let _ = &view;
                    match self {
                        #(Self::#variants(change) => #apply::apply(change, &mut view.#members),)*
                    }
                }
            }
        };
        Self { view, change, variants, declared }
    }
}

pub(crate) fn derive(record: &Record<'_>) -> TokenStream {
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let changes = quote!(::glomers_crdt::Changes);
    let bounds = record.bounds(&changes);
    let members: Vec<_> = record.members().collect();
    let of: Vec<_> = record.fields.iter().map(|(_, field)| &field.ty).collect();
    let Types { view, change, variants, declared } = Types::new(record);
    quote! {
        #declared

        #[automatically_derived]
        impl #generics #changes for #name #arguments #bounds {
            type View = #view<#(<#of as #changes>::View),*>;
            type Change = #change<#(<#of as #changes>::Change),*>;

            fn view(&self) -> Self::View {
                #view { #(#members: #changes::view(&self.#members)),* }
            }

            fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
                let changed: &[bool] = &[#(
                    #changes::merge_each(&mut self.#members, &other.#members, &mut |change| {
                        each(#change::#variants(change))
                    })
                ),*];
                changed.contains(&true)
            }
        }
    }
}

/// The name of a field as one of a variant.
fn variant(member: &Member) -> Ident {
    match member {
        Member::Named(name) => {
            let capital = |word: &str| {
                let mut letters = word.chars();
                let first = letters.next().into_iter().flat_map(char::to_uppercase);
                first.chain(letters).collect::<String>()
            };
            let words: String = name.unraw().to_string().split('_').map(capital).collect();
            Ident::new(&words, name.span())
        }
        Member::Unnamed(at) => format_ident!("Field{}", at.index),
    }
}

fn told(member: &Member) -> String {
    match member {
        Member::Named(member) => format!("`{member}`"),
        Member::Unnamed(at) => format!("number {}", at.index),
    }
}
